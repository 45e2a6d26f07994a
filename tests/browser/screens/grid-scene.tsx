import { createRoot } from "react-dom/client";
import { Quotes } from "../../../docs/examples/live-grid.tsx";
import { QUOTES } from "./contract.ts";
import type { Scene } from "./stage.ts";

export const gridScene: Scene = (root, { source }) => {
  const app = createRoot(root);
  app.render(<Quotes count={QUOTES} subscribe={source.quotes} />);
  return () => app.unmount();
};
