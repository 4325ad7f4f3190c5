// Prints "<passed> <failed>" of a run of vitest: its JSON report and its exit code.
import { existsSync, readFileSync } from 'node:fs';

const [file, code] = process.argv.slice(2);
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { numPassedTests: 0, numFailedTests: 0, testResults: [] };
// A file that cannot be loaded, or whose hooks fail, has no failed test of its own.
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
).length;
const failed = report.numFailedTests + broken;
console.log(`${report.numPassedTests} ${failed === 0 && code !== '0' ? 1 : failed}`);
