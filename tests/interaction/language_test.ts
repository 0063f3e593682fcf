/** The language of transcripts: an invalid command, option or output is refused with file, line and what is wanted. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { readBlocks } from "./blocks.ts";
import { play, PlayError } from "./interpreter.ts";

const CLUSTER = "cluster replicas=4\n\n";
const run = (text: string): string => [...play("t.txt", text)].join("\n\n") + "\n";
/** Returns the last block of a transcript that begins with a cluster. */
const last = (commands: string): string => run(`${CLUSTER}${commands}`).trimEnd().split("\n\n").at(-1)!;

function assertRefused(text: string, place: string, ...wanted: readonly string[]): void {
  const { message } = assertThrows(() => run(text), ConfigError);
  assert(message.startsWith(`${place}: `), `${message}, wanted at ${place}`);
  for (const part of wanted) assertStringIncludes(message, part);
}

Deno.test("blocks are comments and commands, with or without output", () => {
  const text =
    "# a story\n# of two lines\n\n\nshow\n\nheal\n----\n\nelapse 1\n----\n     1 r1 is here\n   123 r2 is there\n";
  assertEquals(readBlocks("t.txt", text), [
    { line: 1, kind: "comment", text: "# a story\n# of two lines" },
    { line: 5, kind: "command", text: "show" },
    { line: 7, kind: "command", text: "heal" },
    { line: 10, kind: "command", text: "elapse 1" },
  ]);
});

Deno.test("a command that a block would swallow is refused", () => {
  assertRefused(`${CLUSTER}heal\nshow\n`, "t.txt:4", '"show"', "below a command", "---- or a blank line");
  assertRefused(`${CLUSTER}heal\n----\nok\nshow\n`, "t.txt:6", '"show"', "among output", "a blank line before it");
  assertRefused("# story\ncluster replicas=4\n", "t.txt:2", '"cluster replicas=4"', "in a comment", "a blank line");
  assertRefused(`${CLUSTER}show\n# why\n`, "t.txt:4", '"# why"', "below a command");
  assertRefused(`${CLUSTER}show\n\n----\nok\n`, "t.txt:5", '"----" without a command');
});

Deno.test("a transcript without a command is refused", () => {
  for (const text of ["", "\n\n", "# only a story\n"]) assertRefused(text, "t.txt", "no command");
});

Deno.test("what is no command is refused with those there are", () => {
  assertRefused(`${CLUSTER}shwo\n`, "t.txt:3", '"shwo"', "wanted one of cluster ", " show ", " honest");
});

Deno.test("the words of a command are those of its usage line", () => {
  for (
    const [command, ...wanted] of [
      ["until comit=3", '"comit=3"', "wanted: until settled|commit=N"],
      ["until setled", '"setled"', "wanted: until settled|"],
      ["until commit=many", '"commit=many"', "commit=N"],
      ["until commit=1 settled", "more than one for settled|commit=N"],
      ["until on=r1", "nothing for settled|commit=N"],
      ["elapse", "nothing for MS", "wanted: elapse MS"],
      ["elapse 5 10", '"10"', "wanted: elapse MS"],
      ["elapse soon", '"soon"', "wanted: elapse MS"],
      ["show r1", '"r1"', "wanted: show"],
      ["lose to=r4 to=r3", "to twice", "wanted: lose"],
      ["lose to=r3,,r4", '"to=r3,,r4"', "to=ID,…"],
      ["lose to=", '"to="', "to=ID,…"],
      ["request c1 0 key to=r1", "nothing for VALUE", "wanted: request"],
      ["request c1 0 key value", "nothing for to=ID,…", "wanted: request"],
      ["request c1 0 key value to=r1 intervenes", '"intervenes"', "[intervene]"],
    ] as const
  ) assertRefused(`${CLUSTER}${command}\n`, "t.txt:3", ...wanted);
});

Deno.test("values that are none of this cluster are refused", () => {
  for (
    const [command, ...wanted] of [
      ["crash r5", '"r5"', "wanted one of r1 r2 r3 r4"],
      ["lose to=r4,r9", '"r9"', "wanted one of r1"],
      ["until leader=r7", '"r7"', "wanted one of r1"],
      ["lose kind=Ack", '"Ack"', "wanted one of AppendEntries "],
      ["lose kind=state", '"state"', "wanted one of AppendEntries "],
      ["print kind=states", '"states"', " state reply event"],
      ["request c3 0 key value to=r1", '"c3"', "wanted client c1 or c2"],
      ["cluster replicas=4", "a second cluster"],
    ] as const
  ) assertRefused(`${CLUSTER}${command}\n`, "t.txt:3", ...wanted);
  assertRefused("cluster replicas=17\n", "t.txt:1", "replicas=17", "wanted 1 to 16");
  assertRefused("cluster replicas=4 checkpoint_every=0\n", "t.txt:1", "checkpoint_every=0", "wanted at least 1");
  assertRefused("show\n", "t.txt:1", "given no cluster");
});

Deno.test("a replica is crashed while it is up, and recovers after its disk was wiped", () => {
  assertRefused(`${CLUSTER}crash r1\n\ncrash r1\n`, "t.txt:5", "r1, which is down", "wanted one that is up");
  assertRefused(`${CLUSTER}restart r1 recover\n`, "t.txt:3", "recover for r1", "wanted a replica that was wiped");
  assertRefused(`${CLUSTER}crash r1\n\nuntil commit=1 on=r1\n`, "t.txt:5", "r1, none of which is up");
  assertStringIncludes(last("wipe r4\n\nrestart r4 recover\n\nshow\n"), "commit 0, learner");
  const unaware = last("wipe r4\n\nrestart r4\n\nshow\n");
  assert(unaware.endsWith("commit 0"), `without recover it takes itself for a new one: ${unaware}`);
});

Deno.test("a replica that stops by itself is down, and says why", () => {
  const story = "print none\n\nuntil settled\n\nwipe r4\n\nrestart r4\n\nprint kind=event,state on=r4\n\nelapse 4000\n";
  const [reason, state] = last(story).split("\n").slice(-2);
  assertStringIncludes(reason!, "r4 stops: it has signed a vote of term 1 for r2, says another");
  assertStringIncludes(state!, "r4 is down");
});

Deno.test("a wait that is given up tells where, for what, and what has happened", () => {
  const { message } = assertThrows(() => run(`${CLUSTER}until commit=9 max=2000\n`), PlayError);
  assert(message.startsWith("t.txt:3: until commit=9 max=2000: given up after 2000 ms\n     1 r1 is term 0"), message);
});

Deno.test("print chooses lines by kind and by replica", () => {
  assertEquals(last("print none\n\nuntil settled\n"), "until settled\n----\nok");
  const votes = last("print kind=Vote\n\nuntil settled\n").split("\n").slice(2);
  assertEquals(votes.map((line) => line.slice(7)), [
    "r4 → r2: Vote term 1 for r2 base 0/0:32e4",
    "r3 → r2: Vote term 1 for r2 base 0/0:32e4",
  ]);
  assertStringIncludes(last("print kind=Vote on=r4\n\nuntil settled\n"), "----\n  1454 r4 → r2: Vote term 1");
  assertEquals(last("print kind=Vote on=r1\n\nuntil settled\n"), "until settled\n----\nok");
});

Deno.test("a state that was not printed is not printed before it changes, a packet is when it is repeated", () => {
  assertEquals(last("print none\n\nelapse 500\n\nprint all\n\nelapse 100\n"), "elapse 100\n----\nok");
  const lone = "lose\n\nprint none\n\nelapse 1400\n\nprint all\n\nelapse 5000\n";
  assertStringIncludes(last(lone), "r2 → (r1) (r3) (r4): PreVote term 1");
});

Deno.test("partition cuts off a group both ways, and heal joins it again", () => {
  const cut = last("partition r3,r4\n\nelapse 4000\n\nshow\n");
  assert(!cut.includes("leader"), `no side of two has a quorum of three: ${cut}`);
  assertStringIncludes(last("partition r4\n\nuntil settled on=r1,r2,r3\n\nshow\n"), "r4 is term 0 follower of nobody");
  assertStringIncludes(
    last("partition r4\n\nelapse 3000\n\nheal\n\nuntil settled\n\nshow\n"),
    "r4 is term 1 follower of r",
  );
});

Deno.test("fill makes an entry for each request until the last one asked for is applied", () => {
  const shown = last("print none\n\nuntil settled\n\nfill commit=5 to=r2\n\nshow\n");
  assertEquals([...shown.matchAll(/ commit 5$/gm)].length, 4, shown);
});
