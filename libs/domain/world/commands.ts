/** Changes what is given; lines go behind the world's event log. */
export interface RecordWorldState {
  readonly type: 'RecordWorldState';
  readonly globalTensionPpm?: number;
  readonly recentReasoning?: string;
  readonly appendLines?: readonly string[];
}
