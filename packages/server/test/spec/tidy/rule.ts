// What a rule of the house is: a sentence, a remedy, and a way to find where it is broken.

import { type CodeFile, lineOf, type Repo, type TextFile } from './repo.ts'

export interface Rule {
  readonly id: string
  /** The rule itself, as one sentence without its full stop. */
  readonly says: string
  /** What to do instead, as one sentence. */
  readonly remedy: string
  find(repo: Repo): readonly Finding[]
}

export interface Finding {
  readonly path: string
  readonly line: number
  readonly problem: string
}

/** A rule that looks at one code file at a time. */
export function codeRule(rule: RuleFor<CodeFile>): Rule {
  return { ...rule, find: ({ code }) => code.flatMap(rule.find) }
}

/** A rule that looks at the text of everything, code and prose. */
export function textRule(rule: RuleFor<TextFile>): Rule {
  return { ...rule, find: ({ code, prose }) => [...code, ...prose].flatMap(rule.find) }
}

type RuleFor<File> = Omit<Rule, 'find'> & { find(file: File): readonly Finding[] }

export function findingAt(file: TextFile, offset: number, problem: string): Finding {
  return { path: file.path, line: lineOf(file, offset), problem }
}

export function format(rule: Rule, { path, line, problem }: Finding): string {
  return `${path}:${line}  ${problem}\n    ${rule.id}: ${rule.says}. ${rule.remedy}`
}
