import { assertEquals } from "@std/assert";
import { createProgress } from "./progress.ts";

function recorded(isShown: boolean) {
  const written: string[] = [];
  let now = 0;
  const progress = createProgress(isShown, (line) => written.push(line), () => now);
  return { written, progress, wait: (ms: number) => now += ms };
}

Deno.test("progress is shown at once, then ten times a second, and removed once", () => {
  const { written, progress, wait } = recorded(true);
  for (let i = 0; i < 5; i++, wait(60)) progress.show(() => `${i}`);
  progress.clear();
  progress.clear();
  progress.show(() => "next");
  assertEquals(written, ["0", "2", "4", "", "next"]);
});

Deno.test("progress that is not wanted is not even made", () => {
  const { written, progress } = recorded(false);
  progress.show(() => {
    throw new Error("made");
  });
  progress.clear();
  assertEquals(written, []);
});
