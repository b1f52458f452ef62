import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.ar.ArabicNormalizationFilter;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.fa.PersianNormalizationFilter;
import org.apache.lucene.analysis.hi.HindiNormalizationFilter;
import org.apache.lucene.analysis.hi.HindiStemFilter;
import org.apache.lucene.analysis.in.IndicNormalizationFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * Those parts of the distribution's analysis-common module that our templates name: it is not
 * published as an artifact, but the Lucene classes it wraps are. Same names, same settings.
 */
public class Languages extends Plugin implements AnalysisPlugin {
  private static final Map<String, UnaryOperator<TokenStream>> PLAIN = new LinkedHashMap<>();
  private static final Map<String, UnaryOperator<TokenStream>> STEMMERS = new LinkedHashMap<>();

  static {
    PLAIN.put("decimal_digit", DecimalDigitFilter::new);
    PLAIN.put("indic_normalization", IndicNormalizationFilter::new);
    PLAIN.put("hindi_normalization", HindiNormalizationFilter::new);
    PLAIN.put("arabic_normalization", ArabicNormalizationFilter::new);
    PLAIN.put("persian_normalization", PersianNormalizationFilter::new);
    STEMMERS.put("english", PorterStemFilter::new);
    STEMMERS.put("possessive_english", EnglishPossessiveFilter::new);
    STEMMERS.put("hindi", HindiStemFilter::new);
  }

  @Override
  public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
    return PLAIN.entrySet().stream()
        .map(one -> PreConfiguredTokenFilter.singleton(one.getKey(), true, one.getValue()::apply))
        .toList();
  }

  @Override
  public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
    AnalysisProvider<TokenFilterFactory> stemmer =
        (index, environment, name, settings) -> {
          UnaryOperator<TokenStream> made = STEMMERS.get(settings.get("language"));
          return new AbstractTokenFilterFactory(name) {
            @Override
            public TokenStream create(TokenStream tokens) {
              return made.apply(tokens);
            }
          };
        };
    return Map.of("stemmer", AnalysisPlugin.requiresAnalysisSettings(stemmer));
  }

  @Override
  public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
    AnalysisProvider<CharFilterFactory> replace =
        (index, environment, name, settings) -> {
          Pattern pattern = Pattern.compile(settings.get("pattern"));
          String replacement = settings.get("replacement", "");
          return new CharFilterFactory() {
            @Override
            public String name() {
              return name;
            }

            @Override
            public java.io.Reader create(java.io.Reader text) {
              return new PatternReplaceCharFilter(pattern, replacement, text);
            }
          };
        };
    return Map.of("pattern_replace", AnalysisPlugin.requiresAnalysisSettings(replace));
  }
}
