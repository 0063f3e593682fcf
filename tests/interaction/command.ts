/** What a command of a transcript is, and what commands have in common. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { SimNode } from "../simulation/nodes/sim_node.ts";
import type { Stage } from "./stage.ts";
import type { Arguments } from "./usage.ts";

export interface Command {
  /** Its name and what it takes, in the notation of `usage.ts`: what is documented is what is accepted. */
  readonly usage: string;
  /** For readers: what it does, and what holds where an option is left out. */
  readonly about: string;
  readonly run: (stage: Stage, args: Arguments) => void;
}

/** The replica that a command names. */
export const replicaOf = (stage: Stage, args: Arguments): SimNode => stage.node(args.text("ID"));

/** The replicas that `name` lists, each of which has to be there; undefined where it is not given. */
export function replicasOf(stage: Stage, args: Arguments, name: string): readonly string[] | undefined {
  return args.list(name)?.map((id) => stage.node(id).id);
}

/** The kinds that are listed, each one of `known`; undefined where none are. */
export function kindsOf(args: Arguments, known: readonly string[]): readonly string[] | undefined {
  const listed = args.list("kind");
  const strange = listed?.find((kind) => !known.includes(kind));
  if (strange !== undefined) throw new ConfigError(`given "${strange}", wanted one of ${known.join(" ")}`);
  return listed;
}

/** The client that `name` names. */
export function clientOf(args: Arguments, name: string): string {
  const client = args.text(name);
  if (client !== "c1" && client !== "c2") throw new ConfigError(`given "${client}", wanted client c1 or c2`);
  return client;
}
