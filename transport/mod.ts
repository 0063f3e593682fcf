export { TransportError } from "./endpoint.ts";
export { MEMORY_QUEUES, MemoryNetwork, type MemoryQueues } from "./memory/memory_transport.ts";
export type {
  Channel,
  ClientTransport,
  Received,
  ReplicaTransport,
  TransportCounters,
  TransportMembers,
  TransportPeer,
  TransportReplica,
} from "./port.ts";
export { routeOf } from "./route.ts";
export {
  type ClientTransportOptions,
  type EngineOptions,
  openClientTransport,
  openReplicaTransport,
  type ReplicaTransportOptions,
  TRANSPORT_ENGINES,
  type TransportEngine,
} from "./open/open_transport.ts";
