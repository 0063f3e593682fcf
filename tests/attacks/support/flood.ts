/** A stranger who says some words and then others without end. */
import { writeAll } from "../../e2e/support/zmtp.ts";
import { crowd, drain } from "./crowd.ts";
import type { Place, Scene } from "./scene.ts";

/** Connects to `place`, says `first`, and then `more` until the other side has enough. */
export async function floodOnce(scene: Scene, place: Place, first: Uint8Array, more: () => Uint8Array): Promise<void> {
  const connection = await scene.connect(place);
  try {
    void drain(connection);
    await writeAll(connection, first);
    while (!scene.isOver) {
      const words = more();
      await writeAll(connection, words);
      scene.count("bytes", words.length);
    }
  } finally {
    scene.drop(connection);
  }
}

/** Floods `places` over `perPlace` connections each, coming back whenever it is thrown out. */
export async function flood(
  scene: Scene,
  places: readonly Place[],
  perPlace: number,
  first: (place: Place) => Uint8Array,
  more: (place: Place) => Uint8Array,
): Promise<void> {
  await crowd(scene, places.length * perPlace, (visitor) => {
    const place = places[visitor % places.length]!;
    return floodOnce(scene, place, first(place), () => more(place));
  });
}
