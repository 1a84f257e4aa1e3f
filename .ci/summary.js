// Prints "N passed, N failed" from the report of Jest and the exit code of the checks: .ci/summary.js <report> <code>
import { readFileSync } from 'node:fs';

const [path, checkCode] = process.argv.slice(2);
const tests = readReport();
const failedChecks = checkCode === '0' ? 0 : 1;
console.log(`${tests.passed} passed, ${tests.failed + failedChecks} failed`);

/** A test file that could not be run at all has no tests that failed, and is counted as one. */
function readReport() {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(path, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
