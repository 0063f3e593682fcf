/** The cluster as an attacker's process sees it: addresses, keys it may have, and the time it has. */
import { type KeyFile, readKeyFile } from "../../../crypto/keys/key_file.ts";
import { readRoster } from "../../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";

/** The three ports of a replica. */
export const DOORS = ["peer", "publish", "client"] as const;
export type Door = typeof DOORS[number];

/** One port of one replica. */
export interface Place {
  readonly replica: string;
  readonly door: Door;
  readonly host: string;
  readonly port: number;
}

/** Client keys by their use: the attacker's, and one of an honest client that was recorded. */
export const ATTACKER = "c1";
export const RECORDED = "c7";
/** The replica whose key and addresses an insider has. */
export const INSIDER = "r4";

/** Something to be closed at the end. */
interface Closable {
  close(): unknown;
}

export class Scene {
  readonly dir: string;
  readonly roster: Roster;
  readonly backend: SignatureBackend;
  readonly plaintext: boolean;
  /** Counts of deeds so far, by name. */
  readonly deeds: Record<string, number> = {};
  readonly #open = new Set<Closable>();
  readonly #begun = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(dir: string, roster: Roster, backend: SignatureBackend, plaintext: boolean) {
    this.dir = dir;
    this.roster = roster;
    this.backend = backend;
    this.plaintext = plaintext;
  }

  /** Opens the scene of the cluster whose keys are in `dir`. */
  static async open(dir: string, plaintext: boolean): Promise<Scene> {
    const { backend } = await loadBackend("auto");
    const { operatorKey } = await readKeyFile(`${dir}/${ATTACKER}.key`, backend);
    return new Scene(dir, await readRoster(`${dir}/cluster.json`, operatorKey, backend), backend, plaintext);
  }

  /** True once the attack is to end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Returns the key file of a member. */
  key(id: string): Promise<KeyFile> {
    return readKeyFile(`${this.dir}/${id}.key`, this.backend);
  }

  /** Returns the replicas under attack: all, or, of an insider, the others. */
  replicas(party: "outsider" | "client" | "insider" = "outsider"): Roster["replicas"] {
    return this.roster.replicas.filter(({ id }) => party !== "insider" || id !== INSIDER);
  }

  /** Returns the ports behind `doors` of all replicas, or of those that an insider is not. */
  places(doors: readonly Door[] = DOORS, party: "outsider" | "client" | "insider" = "outsider"): Place[] {
    return this.replicas(party).flatMap(({ id: replica, host, peerPort, publishPort, clientPort }) => {
      const ports = { peer: peerPort, publish: publishPort, client: clientPort };
      return doors.map((door) => ({ replica, door, host, port: ports[door] }));
    });
  }

  /** Connects; the connection is closed at the end of the attack at the latest. */
  async connect({ host, port }: Pick<Place, "host" | "port">): Promise<Deno.TcpConn> {
    const connection = await Deno.connect({ hostname: host, port });
    this.count("connections");
    this.keep(connection);
    return connection;
  }

  /** Has `resource` closed at the end of the attack. */
  keep(resource: Closable): void {
    if (this.#isOver) closeQuietly(resource);
    else this.#open.add(resource);
  }

  /** Closes a connection now; with something unread in it, that resets it. */
  drop(resource: Closable): void {
    this.#open.delete(resource);
    closeQuietly(resource);
  }

  /** Counts `by` deeds called `name`. */
  count(name: string, by = 1): void {
    this.deeds[name] = (this.deeds[name] ?? 0) + by;
  }

  /** Resolves when the time of the attack begins. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Forgets what was done to prepare. */
  clear(): void {
    for (const name of Object.keys(this.deeds)) delete this.deeds[name];
  }

  /** Starts the time of the attack. Further calls do nothing. */
  begin(): void {
    this.#begun.resolve();
  }

  /** Runs `attack` until `seconds` after {@linkcode begin}, of which `onBegin` is told. What fails because the time is over is no failure. */
  async run(seconds: number, onBegin: () => void, attack: () => Promise<unknown>): Promise<void> {
    const over = this.#begun.promise.then(() => {
      onBegin();
      return new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
    });
    const attacking = attack().catch((error) => {
      if (!this.#isOver) throw error;
    });
    await Promise.race([over, attacking.then(() => over)]);
    this.#isOver = true;
    for (const resource of this.#open) closeQuietly(resource);
  }
}

function closeQuietly(resource: Closable): void {
  try {
    resource.close();
  } catch {
    // Closed already.
  }
}
