/** The shape of a transcript's commands, and functions they share. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { SimNode } from "../simulation/nodes/sim_node.ts";
import type { TranscriptLab } from "./transcript_lab.ts";
import type { Arguments } from "./usage.ts";

export interface Command {
  /** Its name and parameters, in the notation of `usage.ts`: what is documented is what is accepted. */
  readonly usage: string;
  /** Description for readers: its effect, and the defaults of omitted options. */
  readonly about: string;
  readonly run: (lab: TranscriptLab, args: Arguments) => void;
}

/** Returns the replica that a command names. */
export const replicaOf = (lab: TranscriptLab, args: Arguments): SimNode => lab.node(args.text("ID"));

/** Returns the replicas that `name` lists, each of which must exist; undefined if it is not given. */
export function replicasOf(lab: TranscriptLab, args: Arguments, name: string): readonly string[] | undefined {
  return args.list(name)?.map((id) => lab.node(id).id);
}

/** Returns the listed kinds, each one of `known`; undefined if none are. */
export function kindsOf(args: Arguments, known: readonly string[]): readonly string[] | undefined {
  const listed = args.list("kind");
  const strange = listed?.find((kind) => !known.includes(kind));
  if (strange !== undefined) throw new ConfigError(`given "${strange}", wanted one of ${known.join(" ")}`);
  return listed;
}

/** Returns the client that `name` names. */
export function clientOf(args: Arguments, name: string): string {
  const client = args.text(name);
  if (client !== "c1" && client !== "c2") throw new ConfigError(`given "${client}", wanted client c1 or c2`);
  return client;
}
