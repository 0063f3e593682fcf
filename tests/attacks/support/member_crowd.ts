import { crowd } from "./crowd.ts";
import { MemberLink } from "./member_link.ts";
import type { Place, Scene } from "./scene.ts";

/** Keeps `count` connections of the owner of key `id` open, spread over `places`; each does `act` again and again, and is opened again when it is ended. */
export async function memberCrowd(
  scene: Scene,
  id: string,
  places: readonly Place[],
  count: number,
  act: (link: MemberLink, place: Place) => Promise<void>,
): Promise<void> {
  const key = await scene.key(id);
  await crowd(scene, count, async (visitor) => {
    const place = places[visitor % places.length]!;
    const link = await MemberLink.open(scene, place, key);
    try {
      while (!scene.isOver) await act(link, place);
    } finally {
      link.close();
    }
  });
}
