/**
 * The script of src/sdk as browsers get it: one file, minified. A macro: the bundler runs it while it makes the program, so
 * that the text is in the binary; from source it runs when the module that imports it is loaded. The bundler can't be called
 * from within itself, hence a process of its own.
 * @throws Error when the script can't be built
 */
export function bundledSdk(): string {
  const entry = `${import.meta.dir}/../../sdk/main.ts`;
  const built = Bun.spawnSync([process.execPath, 'build', entry, '--target=browser', '--format=iife', '--minify']);
  if (!built.success) throw new Error(`src/sdk can't be built:\n${built.stderr}`);
  return built.stdout.toString().trim();
}
