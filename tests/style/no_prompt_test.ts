/** Commands that the project ships must not ask for permissions: a question no one answers looks like a hang. */
import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const read = (path: string): Promise<string> => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

Deno.test("every task of deno.json that runs code does so without prompts", () => {
  const asking = Object.entries(config.tasks).filter(([, { command }]) =>
    !/^deno (?:run|test) (?:-q )?--no-prompt /.test(command)
  );
  assertEquals(asking, []);
});

Deno.test("every task of deno.json says what it does", () => {
  const silent = Object.entries(config.tasks).filter(([, { description }]) =>
    !/^[A-Z].{20,100}[^.]$/.test(description)
  );
  assertEquals(silent, []);
});

Deno.test("every command of the containers that runs code does so without prompts", async () => {
  for (const path of ["compose.yaml", "Dockerfile"]) {
    const text = (await read(path)).replaceAll(/[",\s]+/g, " ");
    const commands = text.match(/deno run .{30}/g) ?? [];
    assert(commands.length > 0, `no deno run in ${path}`);
    assertEquals(commands.filter((command) => !command.startsWith("deno run --quiet --no-prompt ")), [], path);
  }
});
