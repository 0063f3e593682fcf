import type { OutputQueue } from "../connection/framing/output_queue.ts";

/**
 * Writes what there is and closes. The other side gets to read it: it is told that this is the end, and given a moment to close first, since
 * closing while something of it lies unread would throw away what it has not read.
 */
export async function farewell(
  tcp: Deno.TcpConn,
  output: OutputQueue,
  isReading: boolean,
  patienceMs: number,
): Promise<void> {
  const timer = setTimeout(() => closeOnce(tcp), patienceMs);
  try {
    for (let bytes = output.take(); bytes !== null; bytes = output.take()) {
      for (let at = 0; at < bytes.length;) at += await tcp.write(bytes.subarray(at));
      output.written();
    }
    await tcp.closeWrite();
    const unread = new Uint8Array(1024);
    if (!isReading) { while (await tcp.read(unread) !== null); }
  } catch {
    // Gone already, or out of patience.
  } finally {
    clearTimeout(timer);
    output.discard();
    closeOnce(tcp);
  }
}

function closeOnce(tcp: Deno.TcpConn): void {
  try {
    tcp.close();
  } catch {
    // Closed already.
  }
}
