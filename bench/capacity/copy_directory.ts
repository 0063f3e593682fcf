/** Copies `from`, with all that is in it, to a new directory `to`. */
export async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    await (isDirectory ? copyDirectory(source, target) : Deno.copyFile(source, target));
  }
}
