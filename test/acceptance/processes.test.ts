import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectAnswer, freePort, lastLine, runTspack, startTspack } from '../support/tspack-command.ts';

/** What runs in an image of each bundled language. Servers tell what became of writing a file, and say goodbye when they are asked to end. */
interface Application {
  readonly language: string;
  readonly builder: string;
  readonly files: Readonly<Record<string, string>>;
  /** What the server answers with a root that cannot be written to. */
  readonly answer: string;
  /** On standard output, at the end. */
  readonly goodbye: string | RegExp;
}

const NODE = `
const { writeFileSync } = require('node:fs');
let answer = 'written';
try { writeFileSync('made', ''); } catch (error) { answer = error.code; }
require('node:http').createServer((_, response) => response.end(answer)).listen(process.env.PORT);
process.on('SIGTERM', () => { console.log('goodbye'); process.exit(0); });
`;

const PYTHON = `
import errno, http.server, os, signal, sys

def end(*_):
    print('goodbye')
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
answer = 'written'
try:
    open('made', 'w')
except OSError as error:
    answer = errno.errorcode[error.errno]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())

http.server.HTTPServer(('', int(os.environ['PORT'])), Handler).serve_forever()
`;

const GO = `package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	answer := "written"
	if err := os.WriteFile("made", nil, 0o644); errors.Is(err, syscall.EROFS) {
		answer = "EROFS"
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		fmt.Println("goodbye")
		os.Exit(0)
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, answer) })
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
`;

const GO_FILES = { 'go.mod': 'module example.test/server\n\ngo 1.24\n', 'main.go': GO };
const EROFS = { answer: 'EROFS', goodbye: 'goodbye\n' };

const APPLICATIONS: readonly Application[] = [
  { language: 'Node.js', builder: 'base', files: { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': NODE }, ...EROFS },
  { language: 'a Procfile with a shell', builder: 'base', files: { 'server.js': NODE, Procfile: 'web: true && node server.js $NOTHING\n' }, ...EROFS },
  { language: 'Python', builder: 'base', files: { 'requirements.txt': '', 'main.py': PYTHON }, ...EROFS },
  { language: 'Go', builder: 'base', files: GO_FILES, ...EROFS },
  { language: 'Go', builder: 'tiny', files: GO_FILES, ...EROFS },
  { language: 'static sites', builder: 'base', files: { 'index.html': 'served' }, answer: 'served', goodbye: /"GET \/ HTTP\/1\.1" 200/ },
  { language: 'static sites', builder: 'tiny', files: { 'index.html': 'served' }, answer: 'served', goodbye: /"GET \/ HTTP\/1\.1" 200/ },
];

const place = mkdtempSync(join(tmpdir(), 'tspack-processes-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('the process of an image', () => {
  it.each(APPLICATIONS)(
    'of $language on $builder runs without root and with a read-only root, honours PORT, and ends by itself on SIGTERM',
    async ({ language, builder, files, answer, goodbye }) => {
      const name = `processes/${language.toLowerCase().replace(/[^a-z]+/g, '-')}-${builder}`;
      const path = join(place, name);
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), content);
      }
      lastLine(await runTspack(['build', name, '--path', path, '--builder', builder]));
      expect(JSON.parse((await runTspack(['inspect', name, '--output', 'json'])).stdout)).toMatchObject({ user: '1001:1000' });

      const port = await freePort();
      const { child, ended } = startTspack(['run', name, '--runtime', 'sandbox', '--read-only', '--env', `PORT=${port}`]);
      try {
        await expectAnswer(port, { path: '/', status: 200, contains: answer }, ended);
      } finally {
        child.kill('SIGTERM');
      }
      const asked = Date.now();
      const { code, stdout } = await ended;
      // Who does not end by itself is killed after ten seconds.
      expect(Date.now() - asked).toBeLessThan(8000);
      expect(code).toBe(143);
      expect(stdout).toMatch(goodbye);
    },
  );
});
