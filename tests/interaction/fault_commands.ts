/** Commands that cause faults: in the network, in a replica, or by its malice. */
import { ConfigError } from "../../crypto/config_error.ts";
import { digest } from "../../protocol/ids.ts";
import { equivocator } from "../simulation/nodes/equivocator.ts";
import { clientOf, type Command, kindsOf, replicaOf, replicasOf } from "./command.ts";
import { PACKET_KINDS } from "./kinds.ts";
import { spoilChunks } from "./spoil_chunks.ts";
import type { Stage } from "./stage.ts";
import type { Arguments } from "./usage.ts";
import { sha256Hex } from "../../crypto/digest.ts";
import { MemoryDisk } from "../../replica/storage/memory/memory_disk.ts";

export const FAULT_COMMANDS: readonly Command[] = [
  {
    usage: "lose [from=ID,…] [to=ID,…] [kind=KIND,…]",
    about: "The network loses packets of these kinds from these replicas to those; any, where an option is left out.",
    run: lose,
  },
  {
    usage: "partition ID,…",
    about: "The network loses all packets between these replicas and the others.",
    run(stage, args) {
      const group = replicasOf(stage, args, "ID,…")!;
      stage.rules.push((from, to) => group.includes(from) !== group.includes(to));
    },
  },
  {
    usage: "heal",
    about: "The network loses nothing any more.",
    run: (stage) => void (stage.rules = []),
  },
  {
    usage: "crash ID",
    about: "The replica goes down and loses everything but its disk.",
    run(stage, args) {
      const { id, state } = replicaOf(stage, args);
      if (state === null) throw new ConfigError(`given ${id}, which is down, wanted one that is up`);
      stage.crash(id);
    },
  },
  {
    usage: "wipe ID",
    about: "The replica goes down, if it is up, and loses its disk too.",
    run(stage, args) {
      const node = replicaOf(stage, args);
      stage.crash(node.id);
      node.disk = new MemoryDisk();
      stage.wiped.add(node.id);
    },
  },
  {
    usage: "restart ID [recover]",
    about:
      "The replica goes down, if it is up, and starts from its disk; with recover, which wants a wiped one, as a learner (§8.4).",
    run: restart,
  },
  {
    usage: "equivocate ID victims=ID,…",
    about: "As a leader, the replica sends its victims no-ops in place of requests, under its signature.",
    run(stage, args) {
      const node = replicaOf(stage, args);
      node.corrupt = equivocator(node.id, replicasOf(stage, args, "victims")!);
    },
  },
  {
    usage: "spoil ID",
    about: "The replica changes a byte of each chunk of a snapshot that it serves.",
    run: (stage, args) => void (replicaOf(stage, args).corrupt = spoilChunks),
  },
  {
    usage: "deaf ID client=CLIENT",
    about: "The replica ignores the client, and what others forward of its requests.",
    run: (stage, args) => void stage.deaf.set(replicaOf(stage, args).id, clientOf(args, "client")),
  },
  {
    usage: "honest ID",
    about: "The replica equivocates, spoils and ignores no more.",
    run(stage, args) {
      const node = replicaOf(stage, args);
      node.corrupt = null;
      stage.deaf.delete(node.id);
    },
  },
];

function lose(stage: Stage, args: Arguments): void {
  const from = replicasOf(stage, args, "from");
  const to = replicasOf(stage, args, "to");
  const kinds = kindsOf(args, PACKET_KINDS);
  stage.rules.push((sender, receiver, { kind }) =>
    (from?.includes(sender) ?? true) && (to?.includes(receiver) ?? true) && (kinds?.includes(kind) ?? true)
  );
}

function restart(stage: Stage, args: Arguments): void {
  const node = replicaOf(stage, args);
  if (args.has("recover") && !stage.wiped.has(node.id)) {
    throw new ConfigError(`given recover for ${node.id}, wanted a replica that was wiped`);
  }
  stage.crash(node.id);
  if (args.has("recover")) {
    node.wipe(digest(sha256Hex(new TextEncoder().encode(`recovery of ${node.id} at ${stage.cluster.now}`))));
  }
  stage.wiped.delete(node.id);
  node.start();
}
