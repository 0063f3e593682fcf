/** Words of libzmq as they were recorded (`record.ts`) are understood, and answered byte for byte as they were then. */
import { assert, assertEquals } from "@std/assert";
import * as lab from "../connection_lab.ts";
import { nameOf, OwnSide, type Recording, SCENARIOS } from "./scenario.ts";

const FILE = new URL("../../../vectors/zmtp_handshakes.json", import.meta.url);
const recordings: Recording[] = JSON.parse(Deno.readTextFileSync(FILE));

Deno.test("recorded: every meeting there is, with the version of libzmq in use", () => {
  assertEquals(recordings.map(nameOf), SCENARIOS.map(nameOf));
  assertEquals(new Set(recordings.map(({ libzmq }) => libzmq)), new Set(["4.3.5"]));
});

for (const recording of recordings) {
  const { mechanism, own, theirs, ours, messages } = recording;
  Deno.test(`recorded: ${nameOf(recording)}`, () => {
    const words = Uint8Array.fromHex(theirs);
    // A publisher begins as soon as it is subscribed to, wherever a read ends.
    for (const piece of own === "PUB" ? [1] : [Infinity, 64, 7, 1]) {
      const side = new OwnSide(recording);
      side.hear(words, piece);
      assertEquals([side.connection.closed, side.connection.phase], [null, "traffic"]);
      assertEquals(lab.written(side.connection).toHex(), ours, `in pieces of ${piece}`);
      assertEquals(side.messages, messages);
      if (mechanism === "CURVE") assertEquals(side.connection.peer, recording.connects ? "r1" : "c1");
    }
    assert(messages.length > 0 || own === "PUB", "libzmq said nothing");
  });
}

Deno.test("recorded: heartbeats and subscriptions are among them, in clear as they are, under CURVE unseen", () => {
  const said = (text: string) => recordings.map(({ theirs }) => theirs.includes(lab.utf8(text).toHex()));
  const [plain, curve] = [SCENARIOS.map((s) => s.mechanism === "NULL"), SCENARIOS.map((s) => s.mechanism === "CURVE")];
  assertEquals(said("\x04PING"), plain);
  assertEquals(said("\x09SUBSCRIBE"), SCENARIOS.map((s) => s.mechanism === "NULL" && s.other === "SUB"));
  assertEquals(said("\x07MESSAGE"), curve);
  assertEquals(said("news"), SCENARIOS.map((s) => s.mechanism === "NULL" && s.other === "PUB"));
  // Each PING is answered: PONGs are what is left of our words.
  for (const { theirs, ours, mechanism } of recordings) {
    const count = (hex: string, text: string) => hex.split(lab.utf8(text).toHex()).length - 1;
    if (mechanism === "NULL") assertEquals(count(ours, "\x04PONG"), count(theirs, "\x04PING"));
  }
});

Deno.test("recorded: cut anywhere it is waited for; no bit changed throws, or makes up a message under CURVE", () => {
  for (const recording of recordings) {
    const words = Uint8Array.fromHex(recording.theirs).subarray(0, 900);
    for (let length = 0; length < words.length; length += 5) {
      const side = new OwnSide(recording);
      side.hear(words.subarray(0, length));
      assertEquals(side.connection.closed, null, `${nameOf(recording)}, ${length} bytes`);
      const changed = new OwnSide(recording);
      changed.hear(words.with(length, words[length]! ^ (1 << length % 8)));
      if (recording.mechanism !== "CURVE") continue;
      const heard = changed.messages.length;
      assertEquals(changed.messages, recording.messages.slice(0, heard), `${nameOf(recording)}, byte ${length}`);
    }
  }
});
