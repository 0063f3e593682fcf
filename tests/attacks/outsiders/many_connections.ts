import type { Attack } from "../attack.ts";
import { drain, pause } from "../support/crowd.ts";

const WANTED = 10_000;
/** Opened at once; more would only wait in the queues of the listening sockets. */
const AT_ONCE = 64;

/** As many silent connections as this process may have, kept open, and opened again when they are closed. */
export const manyConnections: Attack = {
  name: "many-connections",
  party: "outsider",
  what: "10 000 silent connections over all ports, opened again as they are closed",
  async run(scene) {
    const places = scene.places();
    let open = 0;
    let turn = 0;
    const visit = async (): Promise<void> => {
      const connection = await scene.connect(places[turn++ % places.length]!);
      scene.deeds["open at once"] = Math.max(scene.deeds["open at once"] ?? 0, ++open);
      void drain(connection).finally(() => {
        open--;
        scene.drop(connection);
      });
    };
    while (!scene.isOver) {
      const missing = Math.min(AT_ONCE, WANTED - open);
      const opened = await Promise.allSettled(Array.from({ length: missing }, visit));
      scene.count(
        "not opened, want of descriptors or ports",
        opened.filter(({ status }) => status === "rejected").length,
      );
      await pause(missing < AT_ONCE ? 10 : 0);
    }
  },
};
