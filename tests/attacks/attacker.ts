/**
 * The process of an attacker. Operands: names of attacks, joined by commas, which are made at once; the directory of the cluster's keys;
 * seconds; `CURVE` or `clear`.
 */
import process from "node:process";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";
import { Scene } from "./support/scene.ts";

/** An attacker's last words. */
export interface Confession {
  readonly deeds: Readonly<Record<string, number>>;
  readonly cpuSeconds: number;
}

/** Said when it begins. */
export const BEGUN = "begun";

const MICROS = 1e6;

async function main([names = "", dir = "", seconds, mechanism]: readonly string[]): Promise<void> {
  const attacks = names.split(",").map(attackCalled);
  const scene = await Scene.open(dir, mechanism === "clear");
  let before = process.cpuUsage();
  const onBegin = () => {
    before = process.cpuUsage();
    scene.clear();
    console.log(BEGUN);
  };
  if (!attacks.some(({ prepares }) => prepares)) scene.begin();
  await scene.run(Number(seconds), onBegin, () => Promise.all(attacks.map((attack) => make(attack, scene))));
  const { user, system } = process.cpuUsage(before);
  const confession: Confession = { deeds: scene.deeds, cpuSeconds: (user + system) / MICROS };
  console.log(JSON.stringify(confession));
}

/** Makes an attack; those that have nothing to prepare wait for the others. */
async function make(attack: Attack, scene: Scene): Promise<void> {
  if (!attack.prepares) await scene.begun;
  await attack.run(scene);
}

function attackCalled(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name);
  if (attack === undefined) throw new Error(`attack ${name}: wanted one of ${ATTACKS.map((each) => each.name)}`);
  return attack;
}

if (import.meta.main) {
  await main(Deno.args);
  Deno.exit(0);
}
