/** `deno task roster`: prepares the next roster of a cluster. */
import { ConfigError } from "../crypto/config_error.ts";
import { prepare } from "./roster/prepare.ts";
import { show } from "./roster/show.ts";
import { VERBS } from "./roster/verbs.ts";
import { runTask, type Task, type Terminal } from "./support/run_task.ts";

const USAGE =
  `Prepares the next roster of a cluster from the one given, and says in words what differs. No key is needed; what it makes is unsigned
until keygen sign --next.

Usage: roster VERB … --roster FILE --out FILE [options]

  add REQUEST…                 more replicas or clients, each as its own request says (keygen request)
  remove ID…                   fewer replicas
  replace ID --with REQUEST    a new replica, with an id and keys of its own, in the turn of another one
  move ID --host HOST          another address: --host, --peer-port, --publish-port, --client-port; what is not given stays
  rotate ID --with REQUEST     new keys for a replica, a client or the operator
  client add REQUEST…          more clients
  client revoke ID…            fewer clients
  client restrict ID…          clients that may do nothing but what they are granted from then on
  client grant ID --read PREFIX --write PREFIX
                               more rights, to keys that begin with PREFIX ("*": all keys); --read-key, --write-key: to one key
  client withdraw ID --read PREFIX …
                               fewer rights: the ones granted for just these keys
  client unrestrict ID…        clients that may do everything, as those without rules
  set NAME=VALUE…              other constants, such as logTail=500
  operators --threshold K --with REQUEST…
                               operators beside the first one, K of whom all have to sign
  renew                        nothing but another epoch
  show FILE…                   rosters, signed or not: members, fingerprints, constants

  --roster FILE                the roster before, signed
  --draft FILE                 begin with what an earlier call prepared: all of it happens at once
  --out FILE                   the next roster; nothing is overwritten
  --check                      show the difference, and write nothing
  --json                       print one JSON value
  --help                       this text

Exit codes: 0 done, 1 failed, 2 wrong usage, a change that cannot be, or a file that exists.
`;

/** Verbs of two words. */
const GROUP = "client";

function run(args: readonly string[], print: Terminal["out"]): Promise<number> {
  const [first = "", second = ""] = args;
  if (first === "show") return show(args.slice(1), print);
  const words = first === GROUP ? 2 : 1;
  const name = first === GROUP ? `${first} ${second}`.trim() : first;
  const verb = VERBS.get(name);
  if (verb !== undefined) return prepare(verb, args.slice(words), print);
  const given = name === "" ? "given nothing" : `${name}: given an unknown verb`;
  return Promise.reject(new ConfigError(`${given}, wanted one of ${[...VERBS.keys()].join(", ")}, show`));
}

const ROSTER: Task = { name: "roster", usage: USAGE, run };

/** Runs `roster` and returns its exit code. */
export const runRoster = (args: readonly string[], terminal?: Terminal): Promise<number> =>
  runTask(ROSTER, args, terminal);

if (import.meta.main) Deno.exit(await runRoster(Deno.args));
