/** A gateway: the key-value store over HTTP (`docs/gateway.md`). */
export { type Gateway, type GatewayOptions, startGateway } from "./serve.ts";
export { parseTokens, type Token } from "./tokens.ts";
