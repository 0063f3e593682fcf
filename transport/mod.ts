export { TransportError } from "./endpoint.ts";
export type { Lookup } from "./zmq/host_connector.ts";
export { MEMORY_QUEUES, MemoryNetwork, type MemoryQueues } from "./memory/memory_transport.ts";
export type { Channel, ClientTransport, Received, ReplicaTransport, TransportCounters } from "./port.ts";
export { routeOf } from "./route.ts";
export { createZmqClientTransport, type ZmqClientOptions } from "./zmq/zmq_client_transport.ts";
export { createZmqReplicaTransport, type ZmqPeer, type ZmqReplicaOptions } from "./zmq/zmq_replica_transport.ts";
export { HIGH_WATER_MARKS, type HighWaterMarks } from "./zmq/zmq_socket_options.ts";
