#!/usr/bin/env node
// The command: says which Node it needs, before a Node that is too old stumbles over what it does not know. Hence the
// old syntax, without any `import` at the top: every Node has to be able to read it, as a module or not (decision 0028).

const OLDEST_NODE = 24
const version = process.versions.node

if (parseInt(version, 10) >= OLDEST_NODE) {
  import('./run.js')
} else {
  process.stderr.write(
    `error: Ostiary needs Node ${OLDEST_NODE} or later, and this is Node ${version}\n→ install a newer one, or use \`npx ostiary\`, which takes that of \`npm ci\`\n`,
  )
  process.exitCode = 1
}
