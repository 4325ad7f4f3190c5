import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { marked } from 'marked';

mkdirSync('dist', { recursive: true });
for (const file of readdirSync('pages').filter((name) => name.endsWith('.md'))) {
  const markdown = readFileSync(`pages/${file}`, 'utf8');
  const title = /^# (.*)$/m.exec(markdown)?.[1] ?? file;
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>body { font: 1.1rem/1.6 sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
${marked.parse(markdown)}</html>
`;
  writeFileSync(`dist/${file.replace(/\.md$/, '.html')}`, page);
  console.log(`${file} -> dist/${file.replace(/\.md$/, '.html')}`);
}
