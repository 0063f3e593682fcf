/**
 * The rooms of the house (`ARCHITECTURE.md`) and the imports allowed to each, from the lowest up. A file belongs to the room with the
 * longest name that its path begins with; files in no room (tasks, `mod.ts`) may import all of them.
 */

/** Imports allowed to the files of one room, besides that room itself. */
export interface Room {
  /** A folder with its slash, or a single file. */
  readonly name: string;
  readonly mayImport: readonly string[];
}

const CRYPTO = ["crypto/", "crypto/signing/", "crypto/keys/", "crypto/roster/"];
const ENGINE = ["crypto/", "connection/", "socket/", "net/"].map((room) => `transport/zmtp/${room}`);
const CODEC = ["transport/codec/", "transport/codec/messages/"];
const FORMATS = ["protocol/", "protocol/bytes/", "protocol/snapshot/"];
const CORE = [
  "replica/core/",
  "replica/core/log/",
  "replica/core/checkpoints/",
  "replica/core/clients/",
  "replica/core/election/",
  "replica/core/replication/",
  "replica/core/catch_up/",
];
const STORAGE = ["", "memory/", "segments/", "sqlite/", "disk/"].map((room) => `replica/storage/${room}`);
const TOOLS = ["replica/diagnostics/", "replica/limits/"];
const COUNTING = ["metrics/"];

const GROUND: readonly Room[] = [
  { name: "metrics/", mayImport: [] },
  { name: "protocol/bytes/", mayImport: [] },
  { name: "protocol/", mayImport: ["protocol/bytes/"] },
  { name: "protocol/snapshot/", mayImport: ["protocol/", "protocol/bytes/"] },
  { name: "crypto/", mayImport: ["protocol/"] },
  { name: "crypto/signing/", mayImport: ["protocol/", "protocol/bytes/", "crypto/"] },
  { name: "crypto/keys/", mayImport: ["protocol/", "crypto/", "crypto/signing/"] },
  { name: "crypto/roster/", mayImport: ["protocol/", "protocol/bytes/", ...CRYPTO] },
  { name: "state_machine/", mayImport: [...FORMATS, "crypto/"] },
];

const TRANSPORT: readonly Room[] = [
  { name: "transport/", mayImport: ["protocol/", ...CRYPTO] },
  { name: "transport/codec/", mayImport: [...FORMATS] },
  { name: "transport/codec/messages/", mayImport: [...FORMATS, "transport/codec/"] },
  { name: "transport/memory/", mayImport: [...FORMATS, ...CRYPTO, "transport/"] },
  { name: "transport/zmq/", mayImport: [...FORMATS, ...CRYPTO, "transport/"] },
  // The engine itself knows nothing of this project; its root fits it to the port.
  { name: "transport/zmtp/crypto/", mayImport: [] },
  { name: "transport/zmtp/connection/", mayImport: ["transport/zmtp/crypto/"] },
  { name: "transport/zmtp/socket/", mayImport: ["transport/zmtp/connection/"] },
  { name: "transport/zmtp/net/", mayImport: ["transport/zmtp/connection/", "transport/zmtp/socket/"] },
  { name: "transport/zmtp/", mayImport: ["protocol/", "transport/", ...ENGINE] },
  { name: "transport/open/", mayImport: [...CRYPTO, "transport/", "transport/zmq/", "transport/zmtp/", ...ENGINE] },
];

const BELOW_CLIENT = [...COUNTING, ...FORMATS, ...CRYPTO, "state_machine/", "transport/", ...CODEC];
const CLIENT: readonly Room[] = [
  { name: "client/session/", mayImport: ["protocol/", "protocol/bytes/"] },
  { name: "client/errors.ts", mayImport: [] },
  { name: "client/loop/", mayImport: [...BELOW_CLIENT, "client/session/", "client/errors.ts"] },
  { name: "client/epochs/", mayImport: [...BELOW_CLIENT, "client/session/", "client/errors.ts", "client/loop/"] },
  { name: "client/calls/", mayImport: [...BELOW_CLIENT, "client/session/", "client/errors.ts", "client/loop/"] },
  {
    name: "client/",
    mayImport: [
      ...BELOW_CLIENT,
      "client/session/",
      "client/errors.ts",
      "client/loop/",
      "client/epochs/",
      "client/calls/",
    ],
  },
  {
    name: "client/backup/",
    mayImport: [...BELOW_CLIENT, "client/errors.ts", "client/loop/", "client/calls/", "client/"],
  },
  {
    name: "client/gateway/",
    mayImport: [...BELOW_CLIENT, "client/errors.ts", "client/calls/", "client/", "client/gateway/dashboard/"],
  },
  {
    name: "client/gateway/dashboard/",
    mayImport: [
      "protocol/",
      "protocol/bytes/",
      "state_machine/",
      "client/errors.ts",
      "client/loop/",
      "client/calls/",
      "client/",
    ],
  },
  { name: "client/evidence/", mayImport: [...FORMATS, ...CRYPTO, ...CODEC] },
  { name: "client/cli/common/", mayImport: [...BELOW_CLIENT, "client/errors.ts"] },
  {
    name: "client/cli/commands/",
    mayImport: [
      ...BELOW_CLIENT,
      "client/session/",
      "client/errors.ts",
      "client/calls/",
      "client/",
      "client/backup/",
      "client/evidence/",
      "client/gateway/",
      "client/cli/common/",
    ],
  },
  {
    name: "client/cli/",
    mayImport: [
      ...BELOW_CLIENT,
      "client/errors.ts",
      "client/epochs/",
      "client/calls/",
      "client/",
      "client/cli/common/",
      "client/cli/commands/",
    ],
  },
];

/** Rooms of the core. Its root holds the whole state and the step, so root and rooms know each other. */
const CORE_ROOMS: readonly Room[] = [
  { name: "replica/core/", mayImport: [...FORMATS, ...CORE] },
  { name: "replica/core/log/", mayImport: [...FORMATS, "replica/core/"] },
  { name: "replica/core/checkpoints/", mayImport: [...FORMATS, "replica/core/", "replica/core/log/"] },
  {
    name: "replica/core/clients/",
    mayImport: [...FORMATS, "replica/core/", "replica/core/log/", "replica/core/checkpoints/"],
  },
  { name: "replica/core/election/", mayImport: [...FORMATS, ...CORE.filter((room) => !room.endsWith("/catch_up/"))] },
  {
    name: "replica/core/replication/",
    mayImport: [...FORMATS, ...CORE.filter((room) => !room.endsWith("/catch_up/"))],
  },
  { name: "replica/core/catch_up/", mayImport: [...FORMATS, ...CORE] },
];

const SHELL: readonly Room[] = [
  { name: "replica/diagnostics/", mayImport: ["protocol/", "crypto/signing/"] },
  { name: "replica/limits/", mayImport: ["protocol/"] },
  { name: "replica/storage/", mayImport: [...FORMATS, "crypto/", ...CORE] },
  { name: "replica/storage/memory/", mayImport: [...FORMATS, ...CORE, "replica/storage/"] },
  { name: "replica/storage/segments/", mayImport: [...FORMATS, "crypto/", ...CODEC, ...CORE, "replica/storage/"] },
  { name: "replica/storage/sqlite/", mayImport: [...FORMATS, "crypto/", ...CODEC, ...CORE, "replica/storage/"] },
  { name: "replica/storage/disk/", mayImport: [...FORMATS, "crypto/", ...CORE, ...STORAGE] },
  { name: "replica/disk/", mayImport: [...COUNTING, ...FORMATS, ...CORE, ...STORAGE, ...TOOLS] },
  {
    name: "replica/status/",
    mayImport: [
      ...COUNTING,
      ...FORMATS,
      ...CRYPTO,
      "transport/",
      ...CODEC,
      ...CORE,
      ...STORAGE,
      ...TOOLS,
      "replica/disk/",
    ],
  },
  {
    name: "replica/epochs/",
    mayImport: [...FORMATS, ...CRYPTO, "transport/", ...CODEC, ...CORE, ...STORAGE, ...TOOLS],
  },
  {
    name: "replica/answers/",
    mayImport: [...FORMATS, ...CRYPTO, "transport/", ...CODEC, ...CORE, ...STORAGE, ...TOOLS, "replica/status/"],
  },
  {
    name: "replica/ingress/",
    mayImport: [
      ...FORMATS,
      ...CRYPTO,
      "transport/",
      ...CODEC,
      ...CORE,
      ...TOOLS,
      "replica/disk/",
      "replica/status/",
      "replica/epochs/",
      "replica/answers/",
    ],
  },
  {
    name: "replica/http/",
    mayImport: [...COUNTING, "protocol/", ...TOOLS, "replica/status/"],
  },
  { name: "replica/byzantine/", mayImport: [...FORMATS, ...CODEC, ...CORE] },
  { name: "replica/recording/", mayImport: [...FORMATS, ...CRYPTO, ...CODEC, ...CORE, ...STORAGE] },
  {
    name: "replica/",
    mayImport: [
      ...COUNTING,
      ...FORMATS,
      ...CRYPTO,
      "state_machine/",
      "transport/",
      ...CODEC,
      ...CORE,
      ...STORAGE,
      ...TOOLS,
      "replica/disk/",
      "replica/status/",
      "replica/epochs/",
      "replica/answers/",
      "replica/ingress/",
      "replica/http/",
      "replica/byzantine/",
      "replica/recording/",
    ],
  },
];

export const ROOMS: readonly Room[] = [...GROUND, ...TRANSPORT, ...CLIENT, ...CORE_ROOMS, ...SHELL];

/**
 * Returns the room that the file at `path` is in, or null. A folder's doors, `mod.ts` and `main.ts`, are in no room: they export what the
 * folder offers to others.
 */
export function roomOf(path: string): Room | null {
  const rooms = ROOMS.filter(({ name }) => name.endsWith("/") ? path.startsWith(name) : path === name);
  return rooms.sort((a, b) => b.name.length - a.name.length)[0] ?? null;
}

/** Returns whether `path` is the door of a folder. */
export const isDoor = (path: string): boolean => /\/(mod|main)\.ts$/.test(path);
