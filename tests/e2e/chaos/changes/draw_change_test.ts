import { assert, assertEquals } from "@std/assert";
import { Rng } from "../../../simulation/plan/rng.ts";
import { makeRoster } from "../../../support/make_roster.ts";
import { ChangeDrawer, drawKinds, isTakenAway } from "./draw_change.ts";

const kinds = (seed: number, count: number) => drawKinds(new Rng(seed, "kinds"), count);

Deno.test("every kind of change has its turn, and every change that is drawn is possible", () => {
  assertEquals(new Set(kinds(1, 8)).size, 8);
  for (let seed = 1; seed <= 100; seed++) {
    const rng = new Rng(seed, "changes");
    const drawer = new ChangeDrawer(rng);
    for (const replicas of [4, 5, 7]) {
      const { roster } = makeRoster({ replicas });
      const faulty = rng.pick(roster.replicas).id;
      for (const kind of kinds(seed, 10)) {
        const edits = drawer.draw(kind, roster, faulty, []);
        const targets = edits.filter(({ kind }) => kind !== "add" && kind !== "constants").map(({ id }) => id);
        assertEquals(new Set(targets).size, targets.length, "nobody is edited twice");
        assert(!edits.some((edit) => edit.kind === "remove" && replicas === 4));
        assert(edits.length <= 2 && edits.filter(({ id }) => isTakenAway(edits, id)).length <= 2);
      }
    }
  }
});
