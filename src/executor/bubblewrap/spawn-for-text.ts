import { spawn } from 'node:child_process';

/** Runs a short probe without an environment; its output and errors together, or why it could not start. */
export function spawnForText(command: readonly string[]): Promise<{ readonly ok: boolean; readonly text: string }> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000, killSignal: 'SIGKILL' });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => resolve({ ok: false, text: `cannot run ${file}: ${error.message}` }));
    child.once('close', (code) => resolve({ ok: code === 0, text: Buffer.concat(chunks).toString() }));
  });
}
