import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../protocol/limits.ts";
import { replierLab } from "../../tests/support/replier_lab.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

const KIB = 1024;
const { elsewhereShare, replyPaceMs, replyByteBurst, replyBytesPerSecond, smallResultBytes } = INGRESS_LIMITS;
const LONG = 480 * KIB;
/** Time in which the budget for a long answer comes back. */
const EARNED_MS = Math.ceil(1000 * LONG / replyBytesPerSecond);
/** Long answers until the budget of one client is used up. */
const IN_BURST = Math.ceil(replyByteBurst / LONG);

Deno.test("a settled request with a long answer is answered at a pace, however often it is handed in", () => {
  const lab = replierLab();
  for (let i = 0; i < 500; i++) lab.reply("c1", [lab.answer(1, LONG)]);
  assertEquals([lab.replies("c1"), lab.signed()], [["1"], 1]);
  assertEquals(lab.refused(), { "repeat:Reply": 499 });
  lab.clock.now += replyPaceMs;
  lab.reply("c1", [lab.answer(1, LONG)]);
  assertEquals([lab.replies("c1"), lab.signed()], [["1", "1"], 2]);
});

Deno.test("long answers stop with the budget of their client, small ones never do, and others have their own", () => {
  const lab = replierLab();
  for (let i = 0; i < 2 * IN_BURST; i++) lab.reply("c1", [lab.answer(i, LONG)]);
  assertEquals([lab.replies("c1").length, lab.signed()], [IN_BURST, IN_BURST]);
  assertEquals(lab.refused(), { "reply-budget:Reply": IN_BURST });
  lab.forget();
  lab.reply("c1", [lab.answer(1000, LONG), lab.answer(1001, smallResultBytes), lab.answer(1002, 0)]);
  lab.reply("c2", [lab.answer(1, LONG)]);
  assertEquals([lab.replies("c1"), lab.replies("c2")], [["1001 1002"], ["1"]]);
});

Deno.test("an answer dropped for the budget is no repeat: it is sent once the budget is there again", () => {
  const lab = replierLab();
  for (let i = 0; i <= IN_BURST; i++) lab.reply("c1", [lab.answer(i, LONG)]);
  assertEquals(lab.replies("c1").length, IN_BURST);
  lab.forget();
  lab.clock.now += EARNED_MS; // sooner than a repeat would be sent
  lab.reply("c1", [lab.answer(IN_BURST, LONG)]);
  assertEquals(lab.replies("c1"), [`${IN_BURST}`]);
});

Deno.test("every copy of a reply counts, and nothing counts that nobody hears", () => {
  const lab = replierLab();
  for (let i = 0; i < 2 * IN_BURST; i++) lab.reply("c3", [lab.answer(i, LONG)]);
  assertEquals([lab.signed(), lab.refused()], [0, {}]);
  lab.greet("c1", "second");
  for (let i = 0; i < 2 * IN_BURST; i++) lab.reply("c1", [lab.answer(i, LONG)]);
  assert(Math.abs(lab.signed() - IN_BURST / 2) <= 1, `${lab.signed()}`);
});

Deno.test("queries obey the same budget, and one over it is not even looked at", () => {
  const lab = replierLab();
  let asked = 0;
  const query = (route: string) => lab.query("c1", route, () => (asked++, LONG));
  for (let i = 0; i < 2 * IN_BURST; i++) query("c1");
  assertEquals([asked, lab.signed()], [IN_BURST, IN_BURST]);
  lab.reply("c1", [lab.answer(1, LONG)]);
  assertEquals(lab.refused(), { "reply-budget:Reply": 1 });
  lab.clock.now += EARNED_MS;
  assert(query("c1"));
});

Deno.test("a query that others hand in again spends nothing of its client's own budget, but a smaller one", () => {
  const lab = replierLab();
  for (let i = 0; i < 2 * IN_BURST; i++) lab.query("c1", `thief${i}`, () => LONG);
  assertEquals(lab.signed(), Math.ceil(replyByteBurst / elsewhereShare / LONG));
  assert(lab.query("c1", "c1", () => LONG));
});

Deno.test("what is asked for again is answered where it was asked, and what is new everywhere", () => {
  const lab = replierLab();
  lab.greet("c1", "second");
  lab.ask("c1", "second", lab.answer(1, 0));
  assertEquals([lab.replies("c1"), lab.replies("second")], [[], ["1"]]);
  lab.reply("c1", [lab.answer(2, 0)]);
  assertEquals([lab.replies("c1"), lab.replies("second")], [["2"], ["1", "2"]]);
});

Deno.test("of two processes with one key each gets its own answers and no other's, and both those to registers", () => {
  const lab = replierLab();
  for (const session of [7, 9]) lab.greet("c3", `p${session}`, session);
  lab.reply("c3", [lab.answer(1, 0, 7), lab.answer(2, 0, 9), lab.answer(3, 0, 7)]);
  assertEquals([lab.replies("p7"), lab.replies("p9"), lab.signed()], [["1 3"], ["2"], 1]);
  lab.forget();
  lab.reply("c3", [lab.answer(4, 0, null)]);
  assertEquals([lab.replies("p7"), lab.replies("p9"), lab.signed()], [["4"], ["4"], 2]);
  lab.forget();
  lab.reply("c3", [lab.answer(5, 0, null), lab.answer(6, 0, 9), lab.answer(7, 0, 8)]);
  assertEquals([lab.replies("p7"), lab.replies("p9")], [["5"], ["5 6"]]);
});

Deno.test("a process that greeted for all sessions gets everything of its key, in one reply a batch", () => {
  const lab = replierLab();
  for (const session of [0, 7]) lab.greet("c3", `p${session}`, session);
  lab.reply("c3", [lab.answer(1, 0, 7), lab.answer(2, 0, 9), lab.answer(3, 0, null)]);
  assertEquals([lab.replies("p0"), lab.replies("p7"), lab.signed()], [["1 2 3"], ["1 3"], 1]);
  lab.forget();
  lab.greet("c3", "p0", 9);
  lab.reply("c3", [lab.answer(4, 0, 7), lab.answer(5, 0, 9)]);
  assertEquals([lab.replies("p0"), lab.replies("p7")], [["5"], ["4"]]);
});

Deno.test("those who need the same share one part, as one process a key always does", () => {
  const lab = replierLab();
  for (const [route, session] of [["old", 0], ["new", 7], ["idle", 8]] as const) lab.greet("c3", route, session);
  lab.reply("c3", [lab.answer(1, 0, 7), lab.answer(2, 0, 7)]);
  assertEquals(lab.parts(), [1, 1]);
  assertEquals([lab.replies("old"), lab.replies("new"), lab.replies("idle")], [["1 2"], ["1 2"], []]);
  assertEquals(lab.signed(), 1);
  lab.reply("c3", [lab.answer(3, 0, null)]);
  assertEquals([lab.replies("idle"), lab.signed()], [["3"], 2]);
});

Deno.test("an answer that no route needs costs nothing and is no repeat, and who asks for it is told, and nobody else", () => {
  const lab = replierLab();
  for (const session of [7, 9]) lab.greet("c3", `p${session}`, session);
  for (let i = 0; i < 2 * IN_BURST; i++) lab.reply("c3", [lab.answer(i, LONG, 8)]);
  assertEquals([lab.signed(), lab.refused()], [0, {}]);
  lab.ask("c3", "p7", lab.answer(1, LONG, 8));
  assertEquals([lab.replies("p7"), lab.replies("p9")], [["1"], []]);
});

Deno.test("the budget pays for the copies that are sent, not for every route of the key", () => {
  const lab = replierLab();
  for (let session = 1; session <= 8; session++) lab.greet("c3", `p${session}`, session);
  for (let i = 0; i < 2 * IN_BURST; i++) lab.reply("c3", [lab.answer(i, LONG, 1 + i % 8)]);
  assertEquals(lab.signed(), IN_BURST);
});

Deno.test("§7.2h what many clients are told at once costs one signature, what was asked for again included", () => {
  const lab = replierLab();
  const clients = Array.from({ length: 64 }, (_, i) => `m${i}`);
  for (const client of clients) lab.greet(client, client);
  lab.replyAll(...clients.map((client, i) => ({ client, answers: [lab.answer(i, 0)] })));
  assertEquals(clients.map((client) => lab.replies(client)), clients.map((_, i) => [`${i}`]));
  assertEquals([lab.signed(), new Set(lab.parts())], [1, new Set([clients.length])]);
  lab.forget();
  lab.asks("c1", "c1");
  lab.replyAll({ client: "c1", answers: [lab.answer(1, 0)], again: true }, {
    client: "c2",
    answers: [lab.answer(2, 0)],
  });
  assertEquals([lab.replies("c1"), lab.replies("c2"), lab.signed()], [["1"], ["2"], 2]);
});

Deno.test("§7.2h nothing is signed where nothing is due, and nobody's part is a leaf that nobody gets", () => {
  const lab = replierLab();
  const told = [{ client: "c1", answers: [lab.answer(1, 0)] }, { client: "gone", answers: [lab.answer(2, 0)] }];
  lab.replyAll(...told);
  assertEquals([lab.signed(), lab.parts()], [1, [1]]);
  lab.replyAll(...told);
  assertEquals(lab.signed(), 1);
});

Deno.test("§7.2h more parts than one tree may have are signed as several, and each proves itself", () => {
  const lab = replierLab();
  const { maxReplyParts } = LIMITS;
  const clients = Array.from({ length: 2 * maxReplyParts + 1 }, (_, i) => `m${i}`);
  for (const client of clients) lab.greet(client, client);
  lab.replyAll(...clients.map((client, i) => ({ client, answers: [lab.answer(i, 0)] })));
  assertEquals(lab.signed(), 3);
  assertEquals(lab.parts(), clients.map((_, i) => i < 2 * maxReplyParts ? maxReplyParts : 1));
  assert(lab.sent().every(({ packet }) => lab.proves(packet)));
});

Deno.test("answers to fast reads of a turn go under one signature, with what else there is for clients (§7.2h, §7.4)", () => {
  const lab = replierLab();
  lab.read("c1", "c1", 7, 2, 10);
  lab.read("c2", "c2", 8, 64, 10);
  assertEquals([lab.signed(), lab.sent().length], [0, 0]);
  lab.reply("c2", [lab.answer(1, 0)]);
  assertEquals([lab.signed(), lab.parts()], [1, [3, 3, 3]]);
  for (const { packet } of lab.sent()) assert(lab.proves(packet));
  lab.flush();
  assertEquals(lab.signed(), 1);
  lab.read("c1", "c1", 9, 1, 10);
  lab.flush();
  assertEquals([lab.signed(), lab.replies("c1")], [2, ["ReadReply", "ReadReply"]]);
});

Deno.test("fast reads have a budget of bytes of their own, and what waits for the end of a turn is bounded", () => {
  const lab = replierLab();
  const inBurst = Math.ceil(INGRESS_LIMITS.readByteBurst / LONG);
  for (let i = 0; i < inBurst; i++) assert(lab.read("c1", "c1", 1, 1, LONG));
  assertEquals([lab.read("c1", "c1", 1, 1, 0), lab.read("c2", "c2", 1, 1, LONG)], [false, true]);
  assert(lab.query("c1", "c1", () => LONG));
  // Sent before the turn ended, whenever more than a part may hold had gathered.
  assert(lab.sent().length >= inBurst - LIMITS.maxReplyBytes / LONG, `${lab.sent().length}`);
  lab.clock.now += 1000;
  assert(lab.read("c1", "c1", 1, 1, 0));
});
