/** Few bytes that ended processes on libzmq, and commands that are none of a replica's business, with r4's key. */
import { command } from "../../../transport/zmtp/connection/command.ts";
import { COMMAND } from "../../../transport/zmtp/connection/framing/frame_header.ts";
import type { Attack } from "../attack.ts";
import { saying } from "../support/accepting.ts";
import { Impostor } from "../support/impostor.ts";
import { memberCrowd } from "../support/member_crowd.ts";
import { INSIDER } from "../support/scene.ts";

const CONNECTIONS = 30;
const FIVE = Array.from({ length: 5 }, () => [Uint8Array.of(7)]);

/** At r4's address, and at the others' ports. */
export const fiveMessages: Attack = {
  name: "five-messages",
  party: "insider",
  what: "at r4's ports and at those of the others: handshake, five messages of one byte, close, again and again",
  async run(scene) {
    const line = scene.roster.replicas.find(({ id }) => id === INSIDER)!;
    const impostor = new Impostor(line, await saying(await scene.key(INSIDER), FIVE));
    scene.keep({ close: () => impostor[Symbol.dispose]() });
    await memberCrowd(scene, INSIDER, scene.places(["peer", "publish"], "insider"), CONNECTIONS, async (link) => {
      await link.messages(FIVE);
      for (const [door, count] of Object.entries(impostor.served)) scene.deeds[`served at the ${door} port`] = count;
      throw new Error("closes");
    });
  },
};

/** Subscriptions with topics, over connections that are let in. */
export const insidersTopics: Attack = {
  name: "topics-with-key",
  party: "insider",
  what: "subscriptions to ever new topics at the publish ports, with r4's key",
  run: (scene) =>
    memberCrowd(scene, INSIDER, scene.places(["publish"], "insider"), CONNECTIONS, async (link) => {
      await link.frame(COMMAND, command("SUBSCRIBE", crypto.getRandomValues(new Uint8Array(200))));
    }),
};
