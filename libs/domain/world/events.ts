export interface WorldStateRecorded {
  readonly type: 'WorldStateRecorded';
  readonly data: {
    readonly globalTensionPpm?: number;
    readonly recentReasoning?: string;
    readonly appendLines?: readonly string[];
  };
}
