/** A sentence: fixed text and the names of word lists to draw from. */
export interface Grammar {
  readonly words: Readonly<Record<string, readonly string[]>>;
  readonly sentences: readonly (readonly string[])[];
}

const list = (text: string): readonly string[] => text.split(' ');

export const ENGLISH: Grammar = {
  words: {
    $noun: list(
      'team customer report service market engineer contract warehouse schedule teacher library budget invoice device network garden museum village project meeting delivery supplier database journey harvest kitchen factory student manager document policy station railway hospital recipe camera bridge account message forecast',
    ),
    $adjective: list(
      'careful recent small regional quiet public reliable annual modern simple daily difficult local early long original common busy narrow digital careless friendly technical final open heavy',
    ),
    $past: list(
      'described reviewed changed improved delivered measured explained visited repaired selected compared recorded expected approved followed prepared returned discussed finished replaced supported collected organised announced',
    ),
    $place: list(
      'Singapore Hangzhou Berlin Toronto Lisbon Nairobi Chicago Osaka Melbourne Warsaw Madrid Helsinki Bangkok Lima',
    ),
    $time: [
      'last week',
      'in the morning',
      'after the holidays',
      'during the winter',
      'two years ago',
      'before the launch',
      'on Tuesday',
      'at the end of the quarter',
      'since early spring',
      'within a few days',
    ],
    $reason: [
      'because the first plan had been too optimistic',
      'although nobody had asked for it',
      'so that everyone could see the difference',
      'while the prices were still falling',
      'which surprised most of the visitors',
      'until the second sample arrived',
      'as soon as the figures were complete',
      'even though the weather was bad',
    ],
    $ask: [
      'Please summarise',
      'Could you explain',
      'Write a short note about',
      'Compare',
      'List the main points of',
      'Translate',
    ],
  },
  sentences: [
    ['The ', '$adjective', ' ', '$noun', ' ', '$past', ' the ', '$noun', ' in ', '$place', ' ', '$time', '. '],
    ['In ', '$place', ', a ', '$noun', ' and a ', '$noun', ' were ', '$past', ' ', '$time', ', ', '$reason', '. '],
    ['$ask', ' the ', '$adjective', ' ', '$noun', ' that our ', '$noun', ' ', '$past', ' ', '$time', '. '],
    ['Our ', '$noun', ' ', '$past', ' every ', '$noun', ' ', '$reason', '. '],
    [
      'Is the ',
      '$noun',
      ' in ',
      '$place',
      ' more ',
      '$adjective',
      ' than the ',
      '$noun',
      ' we ',
      '$past',
      ' ',
      '$time',
      '? ',
    ],
    [
      'Nobody ',
      '$past',
      ' the ',
      '$noun',
      ', but the ',
      '$adjective',
      ' ',
      '$noun',
      ' was ',
      '$past',
      ' ',
      '$time',
      '. ',
    ],
  ],
};

export const CHINESE: Grammar = {
  words: {
    $noun: list(
      '团队 客户 报告 服务 市场 工程师 合同 仓库 计划 老师 图书馆 预算 发票 设备 网络 花园 博物馆 村庄 项目 会议 物流 供应商 数据库 旅程 厨房 工厂 学生 经理 文件 政策 车站 铁路 医院 菜谱 相机 桥梁 账户 消息 天气 城市',
    ),
    $adjective: list(
      '仔细 最新 重要 安静 公开 可靠 年度 现代 简单 日常 困难 本地 早期 漫长 完整 常见 忙碌 数字化 友好 专业 最终 传统 繁荣 稳定',
    ),
    $past: list(
      '介绍 检查 修改 改进 交付 测量 解释 访问 维修 选择 比较 记录 讨论 批准 准备 归还 完成 更换 支持 收集 组织 宣布 研究 推荐',
    ),
    $place: list('杭州 上海 新加坡 北京 成都 广州 西安 南京 武汉 厦门 青岛 昆明 深圳 苏州'),
    $time: list('上个星期 今天早上 假期之后 冬天的时候 两年以前 发布之前 星期二 季度末 春天以来 几天之内'),
    $reason: [
      '因为最初的方案过于乐观',
      '虽然没有人提出要求',
      '以便大家都能看到差别',
      '而价格仍然在下降',
      '这让大多数参观者感到意外',
      '直到第二批样品到达',
      '等到数据完整以后再说',
      '尽管当时的天气很不好',
    ],
    $ask: list('请总结一下 请解释 请写一段文字介绍 请比较 请列出要点来说明 请翻译'),
  },
  sentences: [
    ['$time', '，', '$adjective', '的', '$noun', '在', '$place', '$past', '了', '$noun', '。'],
    ['在', '$place', '，', '$noun', '和', '$noun', '一起', '$past', '了这个', '$noun', '，', '$reason', '。'],
    ['$ask', '我们的', '$noun', '$time', '$past', '的那个', '$adjective', '的', '$noun', '。'],
    ['我们的', '$noun', '$past', '了每一个', '$noun', '，', '$reason', '。'],
    ['$place', '的', '$noun', '是不是比我们', '$time', '$past', '的', '$noun', '更', '$adjective', '？'],
    ['没有人', '$past', '这个', '$noun', '，但是', '$adjective', '的', '$noun', '$time', '已经', '$past', '好了。'],
  ],
};
