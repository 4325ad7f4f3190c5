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

const JAVA = `package example;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

public class Main {
    public static void main(String[] arguments) throws Exception {
        String answer = "written";
        try {
            Files.createFile(Path.of("made"));
        } catch (FileSystemException error) {
            answer = "Read-only file system".equals(error.getReason()) ? "EROFS" : error.toString();
        }
        byte[] body = answer.getBytes();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("goodbye")));
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv("PORT"))), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example.test</groupId>
  <artifactId>server</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>21</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
</project>
`;

const RUBY = `
require 'socket'

$stdout.sync = true
answer = 'written'
begin
  File.write('made', '')
rescue SystemCallError => error
  answer = error.class.name
end
trap('TERM') { puts 'goodbye'; exit 0 }
server = TCPServer.new('0.0.0.0', ENV.fetch('PORT'))
loop do
  client = server.accept
  until [nil, "\\r\\n"].include?(client.gets); end
  client.write "HTTP/1.0 200 OK\\r\\n\\r\\n#{answer}"
  client.close
end
`;

const RUST = `
use std::io::{Read, Write};

extern "C" fn end(_: i32) {
    println!("goodbye");
    std::process::exit(0);
}

extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

fn main() {
    let answer = match std::fs::write("made", "") {
        Err(error) if error.raw_os_error() == Some(30) => "EROFS",
        _ => "written",
    };
    unsafe { signal(15, end) };
    let port = std::env::var("PORT").unwrap();
    for client in std::net::TcpListener::bind(format!("0.0.0.0:{port}")).unwrap().incoming() {
        let mut client = client.unwrap();
        let _ = client.read(&mut [0; 1024]);
        let _ = write!(client, "HTTP/1.0 200 OK\\r\\n\\r\\n{answer}");
    }
}
`;

const RUST_FILES = {
  'Cargo.toml': '[package]\nname = "server"\nversion = "0.1.0"\nedition = "2021"\n',
  'Cargo.lock': 'version = 3\n\n[[package]]\nname = "server"\nversion = "0.1.0"\n',
  'src/main.rs': RUST,
};

const PHP = "<?php echo @file_put_contents('made', '') === false ? 'refused' : 'written';\n";

const GO_FILES = { 'go.mod': 'module example.test/server\n\ngo 1.24\n', 'main.go': GO };
/** What nginx writes about each request. */
const SERVED = /"GET \/ HTTP\/1\.0" 200/;
const EROFS = { answer: 'EROFS', goodbye: 'goodbye\n' };

const APPLICATIONS: readonly Application[] = [
  { language: 'Node.js', builder: 'base', files: { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': NODE }, ...EROFS },
  { language: 'a Procfile with a shell', builder: 'base', files: { 'server.js': NODE, Procfile: 'web: true && node server.js $NOTHING\n' }, ...EROFS },
  { language: 'Python', builder: 'base', files: { 'requirements.txt': '', 'main.py': PYTHON }, ...EROFS },
  { language: 'Go', builder: 'base', files: GO_FILES, ...EROFS },
  { language: 'Go', builder: 'tiny', files: GO_FILES, ...EROFS },
  { language: 'Java', builder: 'base', files: { 'pom.xml': POM, 'src/main/java/example/Main.java': JAVA }, ...EROFS },
  { language: 'Ruby', builder: 'base', files: { 'main.rb': RUBY }, answer: 'Errno::EROFS', goodbye: 'goodbye\n' },
  { language: 'Rust', builder: 'base', files: RUST_FILES, ...EROFS },
  { language: 'PHP', builder: 'base', files: { 'index.php': PHP }, answer: 'refused', goodbye: SERVED },
  { language: 'static sites', builder: 'base', files: { 'index.html': 'served' }, answer: 'served', goodbye: SERVED },
  { language: 'static sites', builder: 'tiny', files: { 'index.html': 'served' }, answer: 'served', goodbye: SERVED },
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
