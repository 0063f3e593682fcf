/** The process around a replica: what it may reach, and what its launcher reads. */
import type { RosterReplica } from "../crypto/roster/roster_types.ts";
import { hostAndPort } from "../protocol/host.ts";
import { quorumOf } from "../protocol/quorum.ts";
import { bytesOf, leftCopy, rosterCopy } from "./epochs/rosters.ts";
import type { EpochHost } from "./replica_parts.ts";

/** Keeps a copy of the roster in force, from which the launcher of a replica's process tells what it may reach. */
export function processHost(dataDir: string, line: RosterReplica, dialOffset: number): EpochHost {
  return {
    entered: (file) => Deno.writeFileSync(rosterCopy(dataDir), bytesOf(file)),
    left: (file) => Deno.writeFileSync(leftCopy(dataDir), bytesOf(file)),
    restartFor({ replicas, constants }) {
      const own = replicas.find(({ id }) => id === line.id);
      if (own !== undefined && hasMoved(line, own)) return "at-once";
      const reached = replicas.filter((peer) => peer === own || isReachable(peer, dialOffset)).length;
      if (reached === replicas.length) return "no";
      const canWait = own !== undefined && reached >= quorumOf(replicas.length, constants.profile).quorum;
      return canWait ? "in-turn" : "at-once";
    },
  };
}

const hasMoved = (before: RosterReplica, after: RosterReplica): boolean =>
  (["host", "peerPort", "publishPort", "clientPort"] as const).some((name) => before[name] !== after[name]);

/** Returns whether this process may connect to a peer; its permissions were granted for another roster. */
const isReachable = ({ host, peerPort, publishPort }: RosterReplica, dialOffset: number): boolean =>
  [peerPort, publishPort].every((port) =>
    Deno.permissions.querySync({ name: "net", host: hostAndPort(host, port + dialOffset) }).state === "granted"
  );
