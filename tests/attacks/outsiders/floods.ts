/** Words of an established connection, from strangers: with CURVE they do not get as far, in clear they do. */
import { bytes } from "../../transport/zmtp/hostile_lab.ts";
import type { Attack } from "../attack.ts";
import { flood } from "../support/flood.ts";
import { type Door, DOORS, type Scene } from "../support/scene.ts";
import { announced, opening, part, ping, repeated, SIZES, subscription } from "../support/words.ts";

const PER_PORT = 8;
const PIECE_BYTES = 16 * 1024;

interface Flood {
  readonly name: string;
  readonly what: string;
  readonly doors: readonly Door[];
  /** Makes the words that are said without end. */
  readonly words: () => () => Uint8Array;
}

const FLOODS: readonly Flood[] = [
  {
    name: "endless-parts",
    what: "messages whose parts never end, of 1 and of 60 000 bytes",
    doors: DOORS,
    words: () => alternating([repeated(part(1), PIECE_BYTES), part(60_000)]),
  },
  {
    name: "announced-sizes",
    what: "frames that announce 2^31, 2^32, 2^48, 2^53+1, 2^63, 2^64-38 and 2^64-1 bytes, and begin to send them",
    doors: DOORS,
    words: () => alternating(SIZES.map((size) => bytes(announced(size), new Uint8Array(PIECE_BYTES)))),
  },
  {
    name: "topics",
    what: "subscriptions to topics of 20, 200 and 60 000 bytes at the publish ports",
    doors: ["publish"],
    words: () => alternating([20, 200, 60_000].map(subscription)),
  },
  {
    name: "pings",
    what: "PINGs with the longest context",
    doors: DOORS,
    words: () => alternating([repeated(ping(), PIECE_BYTES)]),
  },
];

/** Each flood, on CURVE and in clear. */
export const strangersFloods: readonly Attack[] = FLOODS.flatMap(({ name, what, doors, words }): Attack[] => {
  const run = async (scene: Scene) => {
    const more = words();
    await flood(scene, scene.places(doors), PER_PORT, ({ door }) => opening(scene, door), more);
  };
  return [
    { name, party: "outsider", what: `${what}; 8 connections to each port`, run },
    { name: `${name}-in-clear`, party: "outsider", what: `${what}, on a cluster in clear`, plaintext: true, run },
  ];
});

function alternating(choices: readonly Uint8Array[]): () => Uint8Array {
  let turn = 0;
  return () => choices[turn++ % choices.length]!;
}
