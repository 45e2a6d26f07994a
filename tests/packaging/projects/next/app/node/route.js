import { count } from "../../count.js";

export const dynamic = "force-dynamic";

export async function GET() {
  return new Response(await count(process.env.COUNT_SERVER).catch(String));
}
