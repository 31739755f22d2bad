// Prints how many tests passed and failed, from a JSON report of the test runner. A file that could
// not be loaded has no tests; it counts as one failure. A report without any test is an error.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const broken = report.testResults.filter(
  (file) =>
    file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
)
if (report.numPassedTests + report.numFailedTests === 0) throw new Error('No test was run.')
console.log(report.numPassedTests, report.numFailedTests + broken.length)
