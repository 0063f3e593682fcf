/** The process of an attacker. Operands: the attack's name, the directory of the cluster's keys, seconds, `CURVE` or `clear`. */
import process from "node:process";
import { ATTACKS } from "./attacks.ts";
import { Scene } from "./support/scene.ts";

/** What an attacker says at its end. */
export interface Confession {
  readonly deeds: Readonly<Record<string, number>>;
  readonly cpuSeconds: number;
}

/** Said when it begins. */
export const BEGUN = "begun";

const MICROS = 1e6;

async function main([name, dir = "", seconds, mechanism]: readonly string[]): Promise<void> {
  const attack = ATTACKS.find((each) => each.name === name);
  if (attack === undefined) throw new Error(`attack ${name}: wanted one of ${ATTACKS.map((each) => each.name)}`);
  const scene = await Scene.open(dir, mechanism === "clear");
  const before = process.cpuUsage();
  console.log(BEGUN);
  await scene.run(Number(seconds), attack.run);
  const { user, system } = process.cpuUsage(before);
  const confession: Confession = { deeds: scene.deeds, cpuSeconds: (user + system) / MICROS };
  console.log(JSON.stringify(confession));
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit(0);
}
