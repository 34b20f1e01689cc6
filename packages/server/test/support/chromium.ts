// A real Chromium from npm for the browser tests, with its own libraries and font: nothing has to be installed on the machine.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

/**
 * The package's own `args` are left out on purpose: they switch off the same-origin policy and site
 * isolation, which the tests rely on. The sandbox cannot start as root.
 */
const ARGS = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none']

const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache', import.meta.url))

/** @param more arguments of the browser beside the usual ones */
export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  const folder = await unpackOnce()
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: [...ARGS, ...more],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  })
}

/** Several tests may start at once: each unpacks for itself, and the first to finish gives the folder its name. */
async function unpackOnce(): Promise<string> {
  const folder = join(CACHE, `chromium-${packageVersion()}`)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const fresh = await mkdtemp(`${folder}-`)
  await unpackInto(fresh)
  await writeFile(join(fresh, 'fonts.conf'), fontsConfiguration(folder))
  try {
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/**
 * The package unpacks into the temporary directory, and its libraries only where it believes to run on
 * AWS Lambda. Both are told by the environment, so it runs in a process of its own.
 */
async function unpackInto(folder: string): Promise<void> {
  const script = `import chromium from '@sparticuz/chromium'; await chromium.executablePath()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
  })
}

function packageVersion(): string {
  const require = createRequire(import.meta.url)
  const inside = createRequire(require.resolve('@sparticuz/chromium'))
  const { version } = inside('../../package.json') as { version: string }
  return version
}

const fontsConfiguration = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`
