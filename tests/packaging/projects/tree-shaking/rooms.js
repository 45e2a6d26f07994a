/** Bundles two programs and prints which rooms of the package have code in each. */
import { build } from "esbuild";
import { rolldown } from "rolldown";

const bundlers = {
  async rolldown(input) {
    const bundle = await rolldown({ input });
    const { output } = await bundle.generate({});
    const modules = output.flatMap((chunk) => Object.entries(chunk.modules));
    return modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([path]) => path);
  },
  async esbuild(input) {
    const options = { bundle: true, format: "esm", metafile: true, write: false };
    const { metafile } = await build({ entryPoints: [input], ...options });
    const modules = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
    return modules.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  },
};

for (const [name, files] of Object.entries(bundlers)) {
  for (const input of ["channels.js", "calls.js"]) {
    const rooms = (await files(input)).map((path) => /cuttle\/dist\/(\w+)\//.exec(path)?.[1]);
    console.log(`${name} ${input}: ${[...new Set(rooms.filter(Boolean))].sort().join(" ")}`);
  }
}
