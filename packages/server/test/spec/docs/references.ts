// Finds what prose points at: links, headings, files named in the text, npm scripts, commands of ours. Says which of
// them do not exist.

import { posix } from 'node:path'

export interface Page {
  readonly path: string
  readonly text: string
}

/** What there is to point at. */
export interface World {
  /** Markdown pages by path. */
  readonly pages: ReadonlyMap<string, string>
  readonly exists: (path: string) => boolean
  readonly scripts: readonly string[]
}

export function findBroken(page: Page, world: World): string[] {
  return [
    ...brokenLinks(page, world),
    ...brokenPaths(page, world),
    ...brokenScripts(page, world),
    ...brokenCommands(page, world),
  ]
}

/** `[text](target)` to a file or heading of this repository. */
function brokenLinks({ path, text }: Page, world: World): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, to = '']) => to)
  return targets.flatMap((link) => {
    if (/^[a-z]+:/.test(link)) return []
    const [file = '', heading] = link.split('#')
    const target = file === '' ? path : posix.join(posix.dirname(path), file)
    if (!world.exists(target)) return [`${path} links to ${link}, which does not exist`]
    const headings = headingsOf(world.pages.get(target) ?? '')
    return heading === undefined || headings.includes(heading)
      ? []
      : [`${path} links to ${link}, but the page has no such heading`]
  })
}

/** Headings as the anchors that GitHub makes of them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** A path in backticks: from the root of the repository, or, for source files, from the server's `src`. */
function brokenPaths({ path, text }: Page, { exists }: World): string[] {
  const named = text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)
  return [...named].flatMap(([, file = '']) => {
    const isOurs = /^(?:packages|docs|examples|deploy|bench|\.ci)\/|\.ts$/.test(file)
    const found = exists(file) || exists(`packages/server/src/${file}`)
    return !isOurs || found ? [] : [`${path} names ${file}, which does not exist`]
  })
}

function brokenScripts({ path, text }: Page, { scripts }: World): string[] {
  return [...text.matchAll(/npm run ([\w:-]+)/g)].flatMap(([, script = '']) =>
    scripts.includes(script) ? [] : [`${path} names npm run ${script}, which is no script`],
  )
}

const COMMANDS_PAGE = 'docs/reference/cli.md'
const SHARED_OPTIONS = ['--json', '--config', '--tenant', '--help']

/** `npx ostiary …` with a command and options that the reference of commands has. */
function brokenCommands({ path, text }: Page, { pages }: World): string[] {
  const sections = (pages.get(COMMANDS_PAGE) ?? '').split(/^## `ostiary /m).slice(1)
  const used = text.replaceAll('\\\n', ' ').matchAll(/\bnpx ostiary ([a-z][^\n`#|&;)]*)/g)
  return [...used].flatMap(([, line = '']) => {
    const words = line.trim().split(/\s+/)
    const section = sections.find((each) => isOf(each, words))
    if (section === undefined) return [`${path} names ostiary ${line}, which is no command`]
    return words
      .filter((word) => word.startsWith('--') && !SHARED_OPTIONS.includes(word))
      .filter((option) => !section.includes(`| \`${option}`))
      .map((option) => `${path} names ${option} of ostiary ${line}, which is no option of it`)
  })
}

/** Whether the words begin with the command of the section; `ostiary migrate up` may be said without `up`. */
function isOf(section: string, words: readonly string[]): boolean {
  const [heading = ''] = section.split('`', 1)
  const name = heading.split(' ').filter((word) => !/^[<[]/.test(word))
  const said = words.join(' ') === 'migrate' ? ['migrate', 'up'] : words
  return name.every((word, index) => said[index] === word)
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
}
