import { judgeBrokers } from './broker-rules.ts'
import type { ClusterFacts, Finding } from './facts.ts'
import { judgeTopics } from './topic-rules.ts'

/** What would make a worker's results wrong, or keep it from writing any: fatal ones first. */
export function judgeCluster(facts: ClusterFacts): Finding[] {
  const unread = [...facts.topics.filter(({ config }) => !config).map(({ topic }) => topic), ...(facts.broker ? [] : ['the brokers'])] // prettier-ignore
  const found = [
    ...judgeBrokers(facts),
    ...judgeTopics(facts),
    ...(unread.length === 0
      ? []
      : [{ what: `The settings of ${unread.join(', ')} cannot be read, so they are not checked`, hint: 'grant DescribeConfigs on the topics and on the cluster' }]), // prettier-ignore
  ]
  return [...found.filter(({ fatal }) => fatal), ...found.filter(({ fatal }) => !fatal)]
}
