/** Commands that cause faults: in the network, in a replica, or by its malice. */
import { ConfigError } from "../../crypto/config_error.ts";
import { sha256Hex } from "../../crypto/digest.ts";
import { digest } from "../../protocol/ids.ts";
import { MemoryDisk } from "../../replica/storage/memory/memory_disk.ts";
import { equivocator } from "../simulation/nodes/equivocator.ts";
import { clientOf, type Command, kindsOf, replicaOf, replicasOf } from "./command.ts";
import { PACKET_KINDS } from "./kinds.ts";
import { spoilChunks } from "./spoil_chunks.ts";
import type { TranscriptLab } from "./transcript_lab.ts";
import type { Arguments } from "./usage.ts";

export const FAULT_COMMANDS: readonly Command[] = [
  {
    usage: "lose [from=ID,…] [to=ID,…] [kind=KIND,…]",
    about: "The network loses packets of these kinds from these replicas to those; any, where an option is left out.",
    run: lose,
  },
  {
    usage: "partition ID,…",
    about: "The network loses all packets between these replicas and the others.",
    run(lab, args) {
      const group = replicasOf(lab, args, "ID,…")!;
      lab.rules.push((from, to) => group.includes(from) !== group.includes(to));
    },
  },
  {
    usage: "heal",
    about: "The network loses nothing any more.",
    run: (lab) => void (lab.rules = []),
  },
  {
    usage: "crash ID",
    about: "The replica goes down and loses everything but its disk.",
    run(lab, args) {
      const { id, state } = replicaOf(lab, args);
      if (state === null) throw new ConfigError(`given ${id}, which is down, wanted one that is up`);
      lab.crash(id);
    },
  },
  {
    usage: "leave ID",
    about: "The replica is told to stop: it hands over if it leads (§14.5), and stays up here.",
    run(lab, args) {
      const node = replicaOf(lab, args);
      if (node.state === null) throw new ConfigError(`given ${node.id}, which is down, wanted one that is up`);
      node.run([{ kind: "leave", reason: "stop" }]);
    },
  },
  {
    usage: "wipe ID",
    about: "The replica goes down, if it is up, and loses its disk too.",
    run(lab, args) {
      const node = replicaOf(lab, args);
      lab.crash(node.id);
      node.disk = new MemoryDisk();
      lab.wiped.add(node.id);
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
    run(lab, args) {
      const node = replicaOf(lab, args);
      node.corrupt = equivocator(node.id, replicasOf(lab, args, "victims")!);
    },
  },
  {
    usage: "spoil ID",
    about: "The replica changes a byte of each chunk of a snapshot that it serves.",
    run: (lab, args) => void (replicaOf(lab, args).corrupt = spoilChunks),
  },
  {
    usage: "deaf ID client=CLIENT",
    about: "The replica ignores the client, and what others forward of its requests.",
    run: (lab, args) => void lab.deaf.set(replicaOf(lab, args).id, clientOf(args, "client")),
  },
  {
    usage: "honest ID",
    about: "The replica equivocates, spoils and ignores no more.",
    run(lab, args) {
      const node = replicaOf(lab, args);
      node.corrupt = null;
      lab.deaf.delete(node.id);
    },
  },
];

function lose(lab: TranscriptLab, args: Arguments): void {
  const from = replicasOf(lab, args, "from");
  const to = replicasOf(lab, args, "to");
  const kinds = kindsOf(args, PACKET_KINDS);
  lab.rules.push((sender, receiver, { kind }) =>
    (from?.includes(sender) ?? true) && (to?.includes(receiver) ?? true) && (kinds?.includes(kind) ?? true)
  );
}

function restart(lab: TranscriptLab, args: Arguments): void {
  const node = replicaOf(lab, args);
  if (args.has("recover") && !lab.wiped.has(node.id)) {
    throw new ConfigError(`given recover for ${node.id}, wanted a replica that was wiped`);
  }
  lab.crash(node.id);
  if (args.has("recover")) {
    node.wipe(digest(sha256Hex(new TextEncoder().encode(`recovery of ${node.id} at ${lab.cluster.now}`))));
  }
  lab.wiped.delete(node.id);
  node.start();
}
