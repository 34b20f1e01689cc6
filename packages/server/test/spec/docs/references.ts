// Finds what prose points at: links, headings, files named in the text, npm scripts. Says which of them do not exist.

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
  return [...brokenLinks(page, world), ...brokenPaths(page, world), ...brokenScripts(page, world)]
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

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
}
