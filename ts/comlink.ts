/** cuttle/comlink: Comlink over a cuttle connection. See docs/objects.md. */
export { type ComlinkEndpoint, comlinkEndpoint, comlinkEndpointOver } from "./comlink/endpoint.ts";
