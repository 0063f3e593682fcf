import { assertEquals } from "@std/assert";
import { SignsOfLife } from "./signs_of_life.ts";

Deno.test("the latest response is repeated byte for byte after an interval without any word, and no sooner", () => {
  const sent: (readonly Uint8Array[])[] = [];
  const signs = new SignsOfLife(100, (frames) => sent.push(frames));
  signs.look(1000);
  assertEquals(sent, [], "there is nothing to repeat yet");
  const response = [Uint8Array.of(1)];
  signs.published("AppendEntriesResponse", response, 1000);
  signs.look(1099);
  assertEquals(sent, []);
  signs.look(1100);
  signs.look(1150);
  assertEquals(sent, [response]);
  signs.published("PreVote", [Uint8Array.of(2)], 1190);
  signs.look(1289);
  assertEquals(sent.length, 1, "a PreVote is a word as well");
  signs.look(1290);
  assertEquals(sent, [response, response]);
});
