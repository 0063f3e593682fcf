/** A gateway: the key-value store over HTTP (`docs/gateway.md`). */
export { parseTokens } from "./access.ts";
export { type Gateway, type GatewayOptions, startGateway } from "./serve.ts";
