import { assertEquals, assertRejects } from "@std/assert";
import { askingOnce, isAddress, systemLookup } from "./resolver.ts";

Deno.test("a name is asked for once at a time, and anew when there was an answer, whatever it was", async () => {
  const asked: [host: string, answer: PromiseWithResolvers<string>][] = [];
  const lookup = askingOnce((host) => {
    const answer = Promise.withResolvers<string>();
    asked.push([host, answer]);
    return answer.promise;
  });
  const [one, same, other] = [lookup("a"), lookup("a"), lookup("b")];
  assertEquals(asked.map(([host]) => host), ["a", "b"]);
  asked[0]![1].resolve("10.0.0.1");
  asked[1]![1].reject(new Error("no such name"));
  assertEquals(await Promise.all([one, same]), ["10.0.0.1", "10.0.0.1"]);
  await assertRejects(() => other, Error, "no such name");
  for (const host of ["a", "b"]) void lookup(host);
  assertEquals(asked.length, 4);
});

Deno.test("the system knows this machine's name, and addresses are told from names", async () => {
  assertEquals(await systemLookup("localhost"), "127.0.0.1");
  for (const host of ["10.0.0.1", "::1", "fe80::1"]) assertEquals(isAddress(host), true);
  for (const host of ["replica-1", "10.0.0.1.example.org", "r1"]) assertEquals(isAddress(host), false);
});
