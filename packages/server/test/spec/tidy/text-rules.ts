// Rules about text: how a specification is cited, and what may not be left behind.

import { Visitor } from 'oxc-parser'
import type { TextFile } from './repo.ts'
import { codeRule, type Finding, findingAt, textRule } from './rule.ts'
import { runnerOf } from './runner.ts'

/** Anything that names a specification, however it is spelt. A link to one is none of our prose. */
const MENTION =
  /(?<![\w/])(?:RFC[\s_-]*\d{3,5}|(?:OIDC|OpenID Connect)[\s-]+(?:Core|Discovery|Registration)|FAPI[\s-]*\d|ASVS)(?!\w)/gi

/** The one form: document, space, section. */
const CITATION =
  /^(?:RFC \d{3,5} §[A-Z\d]|OIDC (?:Core|Discovery|Registration) §\d|FAPI 2\.0 §\d|ASVS \d+\.\d+)/

/** A whole document, not one of its sections in another spelling. */
const DOCUMENT =
  /^(?:RFC \d{3,5}|OIDC (?:Core|Discovery|Registration)|FAPI 2\.0|ASVS 5\.0)\b(?!,? ?(?:§|[Ss]ec|[Cc]hapter|[Aa]ppendix))/

const citations = textRule({
  id: 'citations',
  says: 'Specifications are cited in one form',
  remedy:
    'Write `RFC 6749 §4.1.2`, `OIDC Core §3.1.2.1`, `FAPI 2.0 §5.3`, `ASVS 6.5.2`, on one line; a document without a section is named only in the first comment of a file, and in prose.',
  find: (file) =>
    [...file.text.matchAll(MENTION)].flatMap(({ 0: mention, index }) => {
      const rest = file.text.slice(index, index + 60).split('\n', 1)[0] ?? ''
      if (CITATION.test(rest)) return []
      if (DOCUMENT.test(rest) && mayNameDocument(file, index)) return []
      return [findingAt(file, index, `"${mention}" is not a citation: ${rest.trim()}`)]
    }),
})

function mayNameDocument({ path, text }: TextFile, offset: number): boolean {
  if (!path.endsWith('.ts')) return true
  return offset < text.search(/^(?!\/\/|#!)/m)
}

const orphanSections = textRule({
  id: 'orphan-sections',
  says: 'A section sign stands behind its document',
  remedy: 'Name the document each time, `RFC 6749 §6, RFC 6749 §7`: then a search finds them all.',
  find: (file) =>
    [...file.text.matchAll(/§(?=[A-Z\d])/g)].flatMap(({ index }) => {
      const before = file.text.slice(Math.max(0, index - 60), index)
      return /(?:\d\w*|\b[A-Z][\w-]*) $/.test(before)
        ? []
        : [findingAt(file, index, `section of nothing: ${file.text.slice(index, index + 12)}`)]
    }),
})

const machinePaths = textRule({
  id: 'machine-paths',
  says: 'No path of one machine',
  remedy: 'Take it from the configuration, from import.meta.url or from os.tmpdir().',
  find: (file) => findText(file, /(?<![\w.~:/})-])\/(?:home|root|Users|work|tmp)\/[\w.]+/g),
})

const leftovers = textRule({
  id: 'no-leftovers',
  says: 'Nothing is left for later',
  remedy: 'Do it now, or open an issue and delete the note.',
  find: (file) => findText(file, /\b(?:TODO|FIXME|XXX|HACK)\b/g),
})

function findText(file: TextFile, pattern: RegExp): Finding[] {
  return [...file.text.matchAll(pattern)].map(({ 0: match, index }) =>
    findingAt(file, index, match),
  )
}

const PARTIAL = new Set(['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails'])

const noSkippedTests = codeRule({
  id: 'no-skipped-tests',
  says: 'Every test runs',
  remedy: 'Repair it or delete it.',
  find: (file) => {
    const found: Finding[] = []
    new Visitor({
      MemberExpression({ object, property, start }) {
        const isPartial = property.type === 'Identifier' && PARTIAL.has(property.name)
        if (isPartial && runnerOf(object)) found.push(findingAt(file, start, property.name))
      },
    }).visit(file.program)
    return found
  },
})

export const TEXT_RULES = [citations, orphanSections, machinePaths, leftovers, noSkippedTests]
