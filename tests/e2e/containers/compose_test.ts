/**
 * The cluster of compose.yaml on a real engine. Runs only where DOCKER_HOST names one that answers, since it builds an image and takes a
 * subnet. BUILD_NETWORK=none after `deno task prefetch` builds without a network, as it does by hand.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { ComposeProject, engineAnswers } from "../support/compose_project.ts";

const REPLICAS = ["r1", "r2", "r3", "r4"];
const COMMAND_MS = 60_000;
const HEALTH_MS = 90_000;
const POLL_MS = 500;

Deno.test({
  name: "the containers of compose.yaml serve, keep their data, and bring back a replica whose volume was lost",
  ignore: !engineAnswers(),
  async fn() {
    await using project = new ComposeProject();
    await project.done("up", "--detach", "--build", "--wait");
    assertEquals(await health(project), ["healthy", "healthy", "healthy", "healthy"]);
    await writeAndRead(project);
    await overHttp(project);
    await metrics(project);
    await loseOne(project, "r1");
    await loseVolume(project, "r2");
    await recover(project, "r2");
    await startAgain(project);
  },
});

const cli = (...command: readonly string[]): string[] => ["run", "--rm", "cli", ...command];
const put = (project: ComposeProject, value: string): Promise<string> => project.done(...cli("put", "greeting", value));
const get = (project: ComposeProject): Promise<string> => project.done(...cli("get", "greeting"));

async function health(project: ComposeProject): Promise<string[]> {
  const containers = await project.containers();
  return REPLICAS.map((id) => containers.get(id)?.Health ?? "gone");
}

async function writeAndRead(project: ComposeProject): Promise<void> {
  await put(project, "hello");
  assertEquals(await get(project), "hello\n");
  await using terminal = project.terminal(...cli("get", "greeting"));
  assertEquals(await terminal.exitCode(COMMAND_MS), 0, terminal.text);
  assertMatch(terminal.text, /hello\n$/);
  // Deno complains of caches in a terminal alone.
  assert(!terminal.text.includes("cache file"), terminal.text);
}

/** The gateway serves who has its token, and says by its health whether the cluster can write. */
async function overHttp(project: ComposeProject): Promise<void> {
  assertEquals((await project.containers()).get("gateway")?.Health, "healthy");
  const inside = (script: string) => project.done("exec", "-T", "gateway", "deno", "eval", "--quiet", script);
  const asked = (headers: string) =>
    inside(`const answer = await fetch("http://127.0.0.1:8080/v1/kv/greeting", { headers: ${headers} });
      console.log(answer.status, (await answer.text()).slice(0, 5));`);
  const token = (await project.done("exec", "-T", "gateway", "cat", "/keys/gateway.tokens")).trim();
  assertMatch(token, /^[\w+/]{43}=$/);
  assertEquals(await asked(JSON.stringify({ authorization: `Bearer ${token}` })), "200 hello\n");
  assertMatch(await asked("{}"), /^401 /);
  await project.done("stop", "r1", "r2");
  await eventually(
    "the gateway is not ready",
    async () => (await project.containers()).get("gateway")?.Health === "unhealthy",
    HEALTH_MS,
  );
  await project.done("start", "r1", "r2");
  await eventually(
    "it is ready again",
    async () => (await project.containers()).get("gateway")?.Health === "healthy",
    HEALTH_MS,
  );
}

/** Each replica's metrics are where an operator's Prometheus asks for them, and the gateway's for who has its token. */
async function metrics(project: ComposeProject): Promise<void> {
  const asked = async (service: string, url: string, headers = "{}") =>
    await project.done(
      ...["exec", "-T", service, "deno", "eval", "--quiet"],
      `const answer = await fetch("${url}", { headers: ${headers} }); console.log(answer.status, await answer.text());`,
    );
  for (const id of REPLICAS) {
    assertMatch(await asked(id, "http://127.0.0.1:9464/metrics"), /^200 [^]*^bft_raft_healthy 1$/m);
    assertMatch(await project.done("port", id, "9464"), /^127\.0\.0\.1:\d+$/m);
  }
  const token = (await project.done("exec", "-T", "gateway", "cat", "/keys/gateway.tokens")).trim();
  const authorization = JSON.stringify({ authorization: `Bearer ${token}` });
  assertMatch(await asked("gateway", "http://127.0.0.1:8080/metrics", authorization), /^200 [^]*^bft_raft_gateway_/m);
}

async function loseOne(project: ComposeProject, id: string): Promise<void> {
  await project.done("kill", id);
  await put(project, "still here");
  assertStringIncludes(await project.done(...cli("status")), `${id}: did not answer`);
  await project.done("up", "--detach", "--wait");
  assertEquals(await health(project), ["healthy", "healthy", "healthy", "healthy"]);
}

/** Empties the volume of `id`, which then starts and refuses again and again. */
async function loseVolume(project: ComposeProject, id: string): Promise<void> {
  await project.done("stop", id);
  await project.done("run", "--rm", "--no-deps", "--entrypoint", "sh", id, "-c", "rm -r /data/*");
  await project.done("up", "--detach", id);
  await eventually(
    `${id} refuses`,
    async () => (await project.done("logs", id)).includes("given a directory without a database"),
    COMMAND_MS,
  );
  assertEquals(await get(project), "still here\n");
}

/** Recovers `id` as docs/recovery.md says. */
async function recover(project: ComposeProject, id: string): Promise<void> {
  project.override({
    services: { [id]: { command: ["--cluster", "/keys/cluster.json", "--key", `/keys/${id}.key`, "--recover"] } },
  }, "recover");
  await project.done("up", "--detach", id);
  const logged = async (event: string) => (await project.done("logs", id)).includes(`"event":"${event}"`);
  await eventually("the bar is known", () => logged("recovery-bar"), COMMAND_MS);
  // One change of leader is mostly enough; a replica that was restarted before the roll call may make it two.
  await eventually("recovered", async () => {
    if (await logged("recovered")) return true;
    await changeLeader(project);
    return false;
  }, HEALTH_MS);
  project.restore("recover");
  await project.done("up", "--detach", "--wait");
  assertEquals(await health(project), ["healthy", "healthy", "healthy", "healthy"]);
}

interface Status {
  readonly writable: boolean;
  readonly replicas: readonly { readonly status: { readonly leader: string | null; readonly term: number } | null }[];
}

/** Returns the leader of the highest term that any replica names, and null while the cluster cannot write. */
async function leading(project: ComposeProject): Promise<{ leader: string; term: number } | null> {
  const { writable, replicas } = JSON.parse((await project.run(...cli("--json", "status"))).out) as Status;
  const led = replicas.flatMap(({ status }) =>
    status === null || status.leader === null ? [] : [{ leader: status.leader, term: status.term }]
  );
  return writable ? led.sort((a, b) => b.term - a.term)[0] ?? null : null;
}

/** Restarts the leader, and has the next one commit something. */
async function changeLeader(project: ComposeProject): Promise<void> {
  const before = await eventually("a leader", () => leading(project), HEALTH_MS, POLL_MS);
  await project.done("restart", before.leader);
  await eventually(
    "the next leader",
    async () => {
      const now = await leading(project);
      return now !== null && now.term > before.term;
    },
    HEALTH_MS,
    POLL_MS,
  );
  await put(project, "still here");
}

/** Takes the containers away and makes them anew on the same volumes. */
async function startAgain(project: ComposeProject): Promise<void> {
  await project.done("down");
  await project.done("up", "--detach", "--wait");
  assertEquals(await get(project), "still here\n");
}
