// Prints how many tests passed and failed, from a JSON report of the test runner. A file that could
// not be loaded has no tests; it counts as one failure. A report without any test is an error. On
// standard error: each failure with the beginning of what it says.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import process from 'node:process'

/** Of a long message; the whole of it stands where the test ran. */
const mostLines = 12

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const isFailed = ({ status }) => status === 'failed'
const failures = report.testResults.filter(isFailed).flatMap((file) => {
  const path = relative(process.cwd(), file.name ?? '')
  const tests = file.assertionResults.filter(isFailed)
  if (tests.length === 0) return [`${path}\n${beginning(file.message)}`]
  return tests.map(
    (test) => `${path}: ${test.fullName}\n${beginning(test.failureMessages?.join('\n'))}`,
  )
})
if (report.numPassedTests + report.numFailedTests === 0) throw new Error('No test was run.')
for (const failure of failures) console.error(`!! ${failure}`)
console.log(report.numPassedTests, failures.length)

function beginning(message) {
  return (message ?? '')
    .split('\n')
    .slice(0, mostLines)
    .map((line) => `   ${line}`)
    .join('\n')
}
